"""Explanations: the effects of gaps in the ink, and similar digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.decoding.reading import ReadGlyph
from ml.inference.exemplars import choose_exemplars
from ml.inference.explain import Explanation, ReferenceGlyphs, explain_glyph
from ml.inference.reader import NoSuchDigit, Reader
from ml.ink import trajectory
from ml.ink.glyph import strokes_to_glyph
from ml.ink.strokes import InkError
from ml.synthesis.handwriting import write_digit, write_number, write_sign
from tests.ml.conftest import drawn, shipped_with_exemplars

PLACES = {f"{a} {b}".strip() or "middle" for a in ("top", "", "bottom") for b in ("left", "", "right")}
SEVEN = [np.array([[10, 10], [60, 10], [60, 10], [25, 110]], np.float32)]


@pytest.fixture(scope="module")
def with_exemplars(reader) -> Reader:
    exemplars = choose_exemplars(lambda glyphs: reader.glyph_outputs(glyphs)[:, 11:])
    return Reader.open(shipped_with_exemplars(exemplars))


def check(found: Explanation) -> None:
    """What holds for every explanation."""
    assert found.label != found.second
    assert 0 <= found.second <= 9
    assert 0 <= found.chance <= 1
    for picture in (found.heat, found.contrast):
        assert picture.shape == (28, 28)
        assert np.isfinite(picture).all()
    for loss in filter(None, (found.strongest, found.turning)):
        assert loss.place in PLACES
        assert -1 <= loss.weight <= 1
        assert loss.without is None or 0 <= loss.without <= 9
    assert all(np.isfinite([*part.points.ravel(), part.weight, part.contrast]).all() for part in found.parts)


def test_strokes(with_exemplars):
    found = with_exemplars.explain(SEVEN)
    check(found)
    assert found.label == 7
    assert found.chance > 0.8
    assert np.array_equal(found.glyph, strokes_to_glyph(SEVEN))
    assert 8 <= len(found.parts) <= 20
    assert found.parts[0].points[0] == pytest.approx([10, 10])
    assert found.parts[-1].points[-1] == pytest.approx([25, 110])
    assert found.strongest.weight > 0.5


def test_without_its_bar_a_seven_is_a_one(with_exemplars):
    found = with_exemplars.explain(SEVEN)
    assert found.turning.without == 1
    assert found.turning.place.startswith("top")
    assert found.turning.shape == "bar"
    bar, end = np.s_[6:10, 11:16], np.s_[21:, :]
    assert found.heat[bar].max() > found.heat[end].max()
    assert found.contrast[bar].max() > found.contrast[end].max()


def test_ink_that_makes_no_difference_weighs_nothing(with_exemplars):
    """The bar through a 7 that has all its other marks."""
    crossed = [*SEVEN, np.array([[25, 60], [55, 60]], np.float32)]
    found = with_exemplars.explain(crossed)
    assert found.label == 7
    assert abs(found.parts[-1].weight) < 0.1 * max(part.weight for part in found.parts)


def test_a_picture(with_exemplars):
    found = with_exemplars.explain(drawn([stroke * 2 for stroke in SEVEN], size=(200, 260), pen=12))
    check(found)
    assert found.label == 7
    assert found.parts == ()
    assert found.strongest.shape == ""
    assert found.heat.max() > 0.1


def test_the_nearest_are_of_its_kind(with_exemplars, rng):
    alike = 0
    for label in range(10):
        found = with_exemplars.explain(write_digit(label, rng=rng))
        similar = [example.similarity for example in found.nearest]
        assert similar == sorted(similar, reverse=True)
        assert len(found.nearest) == 5
        alike += sum(example.label == label for example in found.nearest)
        assert found.nearest_second.label == found.second
        assert not any(example.own for example in found.nearest)
        assert found.nearest[0].glyph.shape == (28, 28)
    assert alike >= 40  # of 50; an odd style has few of its kind among them


def test_drawings_of_the_writer_are_among_them(with_exemplars, rng):
    found = with_exemplars.explain(SEVEN, own=[(7, SEVEN), (1, write_digit(1, rng=rng)), (4, [])])
    assert found.nearest[0].own
    assert found.nearest[0].similarity == pytest.approx(1, abs=1e-4)
    assert np.array_equal(found.nearest[0].glyph, found.glyph)


def test_an_artifact_without_exemplars_shows_none(rng):
    bare = Reader.open(shipped_with_exemplars(None))
    found = bare.explain(SEVEN)
    check(found)
    assert found.nearest == ()
    assert found.nearest_second is None
    assert [example.own for example in bare.explain(SEVEN, own=[(7, SEVEN)]).nearest] == [True]


def test_signs_are_explained_as_no_digits(with_exemplars, rng):
    signs = [write_sign(rng, kind) for kind in ("star", "heart", "house", "smile", "tangle", "scribble")]
    found = [with_exemplars.explain(sign) for sign in signs]
    refused = [explanation for explanation in found if explanation.label is None]
    assert len(refused) >= 3
    for explanation in refused:
        check(explanation)
    assert np.mean([explanation.chance for explanation in refused]) > 0.5


def test_one_digit_of_a_number(with_exemplars, rng):
    strokes = write_number("407", rng=rng)
    labels = [with_exemplars.explain(strokes, digit).label for digit in range(3)]
    assert labels == [4, 0, 7]


@pytest.mark.parametrize("digit", [1, -1, 10**9])
def test_a_digit_that_is_not_there(with_exemplars, digit):
    with pytest.raises(NoSuchDigit):
        with_exemplars.explain(SEVEN, digit)


@pytest.mark.parametrize("empty", [[], np.full((40, 40), 255, np.uint8)])
def test_nothing_drawn(with_exemplars, empty):
    with pytest.raises(NoSuchDigit):
        with_exemplars.explain(empty)


@pytest.mark.parametrize("bad", ["text", [[[np.nan, 1]]], np.zeros((3, 3))])
def test_anything_but_a_drawing_is_refused(with_exemplars, bad):
    with pytest.raises(InkError):
        with_exemplars.explain(bad)


def test_a_glyph_without_ink_raises_nothing(reader):
    blank = ReadGlyph(np.zeros((28, 28), np.uint8), 3)
    found = explain_glyph(blank, ReferenceGlyphs(), reader.label_probabilities)
    check(found)
    assert found.strongest is None
    assert not found.heat.any()


def test_ink_that_is_low_in_its_line_is_more_likely_a_zero(reader, rng):
    six = strokes_to_glyph(write_digit(6, rng=rng))
    usual, low = (
        explain_glyph(ReadGlyph(six, 0, low_cost=nats), ReferenceGlyphs(), reader.label_probabilities)
        for nats in (0.0, 8.0)
    )
    check(low)
    assert low.chance > 2 * usual.chance
    assert low.chance + low.second_chance <= 1


def test_a_line_drawn_twice_hides_each_gap(reader):
    twice = ReadGlyph(strokes_to_glyph(SEVEN), 7, [SEVEN[0], SEVEN[0]])
    found = explain_glyph(twice, ReferenceGlyphs(), reader.label_probabilities)
    check(found)
    assert not found.heat.any()


points = st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(st.lists(points, min_size=1, max_size=4), st.integers(0, 2))
def test_any_strokes_are_explained(with_exemplars, drawing, digit):
    try:
        check(with_exemplars.explain([np.array(stroke, np.float32) for stroke in drawing], digit))
    except NoSuchDigit:
        assert len(with_exemplars.read([drawing])[0].digits) <= digit


def test_the_number_of_occlusions_of_the_largest_drawings_is_bounded(reader, rng):
    """One call of the networks for strokes of thousands of points, with few glyphs."""
    sizes = []

    def classify(glyphs, trajectories):
        sizes.append(len(glyphs))
        return reader.label_probabilities(glyphs, trajectories)

    tangle = [rng.uniform(0, 100, (2500, 2)).astype(np.float32) for _ in range(4)]
    explain_glyph(ReadGlyph(strokes_to_glyph(tangle), 8, tangle), ReferenceGlyphs(), classify)
    explain_glyph(ReadGlyph(np.asarray(rng.integers(0, 256, (28, 28)), np.uint8), 8), ReferenceGlyphs(), classify)
    assert len(sizes) == 2
    assert max(sizes) <= 200


def test_a_gap_is_missing_from_the_trajectory_too(reader):
    seen = {}

    def classify(glyphs, trajectories):
        seen.update(glyphs=glyphs, trajectories=trajectories)
        return reader.label_probabilities(glyphs, trajectories)

    hook = [np.array([[0, 0], [50, 0], [20, 100]], np.float32)]
    explain_glyph(ReadGlyph(strokes_to_glyph(hook), 7, hook), ReferenceGlyphs(), classify)
    whole, *gapped = seen["trajectories"]
    assert len(seen["glyphs"]) == len(seen["trajectories"])
    assert whole == pytest.approx(trajectory.strokes_to_trajectory(hook))
    assert not whole[:, 4].any()
    lifted = [way[:, 4].any() for way in gapped]
    assert any(lifted)  # a gap in the middle
    assert not all(lifted)  # one at an end
    assert all(np.abs(way - whole).max() > 0.05 for way in gapped)


def area(reader: Reader, glyphs: list[np.ndarray], label: int) -> float:
    """Under the curve of the label's probability as more and more ink is deleted: a good order makes it small."""
    probabilities, _ = reader.label_probabilities(np.stack(glyphs), None)
    return float(probabilities[:, label].mean())


def deleted(glyph: np.ndarray, tiles: list[tuple[slice, slice]], order) -> list[np.ndarray]:
    glyphs = [glyph]
    for number in order:
        glyphs.append(glyphs[-1].copy())
        glyphs[-1][tiles[number]] = 0
    return glyphs


@pytest.mark.parametrize("kind", ["strokes", "picture"])
def test_the_heat_finds_what_matters(reader, rng, kind):
    """Deletion in the order of the heat against random order, on 100 digits in all; the goal is 30 % less area."""
    ours, random = 0.0, 0.0
    for number in range(50):
        strokes = write_digit(number % 10, rng=rng)
        glyph = strokes_to_glyph(strokes)
        subject = ReadGlyph(glyph, number % 10, strokes if kind == "strokes" else None)
        heat = explain_glyph(subject, ReferenceGlyphs(), reader.label_probabilities).heat * glyph
        tiles = [np.s_[y : y + 4, x : x + 4] for y in range(0, 28, 4) for x in range(0, 28, 4)]
        tiles = [tile for tile in tiles if glyph[tile].any()]
        order = np.argsort([-heat[tile].sum() for tile in tiles])
        ours += area(reader, deleted(glyph, tiles, order), number % 10)
        random += area(reader, deleted(glyph, tiles, rng.permutation(len(tiles))), number % 10)
    assert ours < 0.7 * random
