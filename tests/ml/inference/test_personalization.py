"""With a profile its writer's digits are read better, other writers' as before, and no ink becomes a digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ml.augmentation.trajectory_batches import vary_strokes
from ml.decoding.drawing_decoder import DrawingDecoder
from ml.inference.personalization import (
    MAX_CONFIRMED,
    MIN_CONFIRMED,
    KernelSettings,
    ReferencePopulation,
    WriterProfile,
)
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import InkError, Strokes
from ml.synthesis.handwriting import random_handwriting, write_digit, write_number, write_sign
from tests.ml.conftest import drawn

Written = list[tuple[int, Strokes]]
BLANK: Strokes = [np.zeros((0, 2), np.float32)]


def in_a_hurry(writer: int, each: int = 8) -> Written:
    """Digits in one handwriting, all slanted, turned and widened far, in a mixed order.

    Writer 35 writes 7s that are read as 2, writer 38 writes 1s that are read as 7.
    """
    rng = np.random.default_rng(writer)
    handwriting = random_handwriting(rng)
    labels = rng.permutation(np.repeat(np.arange(10), each)).tolist()
    digits = [(label, write_digit(label, rng=rng, handwriting=handwriting)) for label in labels]
    # Equal seeds make the first draws of `vary_strokes` equal, those of the slant and the turn.
    return [(label, vary_strokes(strokes, np.random.default_rng(writer), 3.0)) for label, strokes in digits]


def neat(writer: int = 1, each: int = 2) -> Written:
    rng = np.random.default_rng(writer)
    handwriting = random_handwriting(rng)
    return [(label, write_digit(label, rng=rng, handwriting=handwriting)) for label in [*range(10)] * each]


def profile_of(reader: Reader, confirmed: Written) -> WriterProfile:
    found = reader.writer_profile(confirmed)
    assert found is not None
    return found


def errors(reader: Reader, written: Written, profile: WriterProfile | None) -> int:
    readings = reader.read([strokes for _, strokes in written], [profile] * len(written))
    return sum(reading.text != str(label) for reading, (label, _) in zip(readings, written, strict=True))


@pytest.mark.parametrize(("writer", "label", "taken_for"), [(35, 7, "2"), (38, 1, "7")])
def test_a_digit_is_learned_at_once(reader, writer, label, taken_for):
    """Once three sevens that were read as 2 are corrected, the next ones are read as 7."""
    own = [strokes for each, strokes in in_a_hurry(writer, each=12) if each == label]
    readings = reader.read(own)
    misread = [strokes for strokes, reading in zip(own, readings, strict=True) if reading.text == taken_for]
    assert len(misread) >= MIN_CONFIRMED + 3
    others = misread[MIN_CONFIRMED:]
    profile = profile_of(reader, [(label, strokes) for strokes in misread[:MIN_CONFIRMED]])
    texts = [reading.text for reading in reader.read(others, [profile] * len(others))]
    assert texts.count(str(label)) >= 0.8 * len(texts)


def test_any_confirmed_digits_help_with_the_others_of_the_writer(reader):
    before = after = 0
    for writer in (10, 14, 15, 22):
        written = in_a_hurry(writer)
        before += errors(reader, written[15:], None)
        after += errors(reader, written[15:], profile_of(reader, written[:15]))
    assert before >= 20
    assert after <= 0.65 * before


def test_digits_of_other_writers_are_read_as_before(reader):
    mine, theirs = in_a_hurry(0), in_a_hurry(1)
    profile = profile_of(reader, mine[:15])
    drawings = [strokes for _, strokes in theirs]
    alone = reader.read(drawings)
    assert reader.read(drawings, [None] * len(drawings)) == alone
    together = reader.read([mine[20][1], *drawings], [profile, *[None] * len(drawings)])
    assert [reading.text for reading in together[1:]] == [reading.text for reading in alone]
    assert [reading.confidence for reading in together[1:]] == pytest.approx(
        [r.confidence for r in alone], abs=1e-4
    )


def test_neat_digits_and_numbers_are_read_as_before(reader):
    profile = profile_of(reader, neat())
    assert errors(reader, neat(1, each=6), profile) == 0
    rng = np.random.default_rng(1)
    texts = ["".join(map(str, rng.integers(0, 10, 4))) for _ in range(20)]
    numbers = [
        write_number(text, rng=rng, handwriting=random_handwriting(np.random.default_rng(1))) for text in texts
    ]
    before, after = reader.read(numbers), reader.read(numbers, [profile] * 20)
    wrong = [sum(r.text != text for r, text in zip(found, texts, strict=True)) for found in (before, after)]
    assert wrong[1] <= wrong[0]


def test_pictures_are_read_with_the_profile_too(reader):
    sevens = [pair for pair in in_a_hurry(8, each=12) if pair[0] == 7]
    pictures = [
        drawn([60 * stroke + np.float32(150) for stroke in strokes], pen=6)
        for _, strokes in sevens[MIN_CONFIRMED:]
    ]
    before = reader.read(pictures)
    after = reader.read(pictures, [profile_of(reader, sevens[:MIN_CONFIRMED])] * len(pictures))
    sevens_before, sevens_after = (
        [reading.digits[0].probabilities[7] for reading in readings] for readings in (before, after)
    )
    assert np.mean(sevens_after) > np.mean(sevens_before) + 0.1


@pytest.mark.parametrize("count", range(MIN_CONFIRMED))
def test_too_few_digits_make_no_profile(reader, count):
    assert reader.writer_profile(neat()[:count]) is None
    assert reader.writer_profile([*neat()[:count], *[(7, BLANK)] * MIN_CONFIRMED]) is None


def test_enough_digits_make_one(reader):
    assert len(profile_of(reader, neat()[:MIN_CONFIRMED]).labels) == MIN_CONFIRMED
    newest = [(4, strokes) for _, strokes in neat(each=MAX_CONFIRMED // 10)]
    assert (profile_of(reader, [*newest, *neat()]).labels == 4).all()


def test_anything_but_a_drawing_is_refused(reader):
    with pytest.raises(InkError):
        reader.writer_profile([(7, [np.array([[np.nan, 1]], np.float32)])] * MIN_CONFIRMED)


def test_a_profile_is_of_the_reader_that_made_it(reader):
    profile = profile_of(reader, neat())
    other = replace(profile, population=replace(profile.population, version="another"))
    with pytest.raises(ValueError, match="another reader"):
        reader.read([neat()[0][1]], [other])


def test_as_many_profiles_as_drawings(reader):
    with pytest.raises(ValueError, match=r"shorter|longer"):
        reader.read([neat()[0][1]], [None, None])


def test_one_wrong_confirmation_changes_no_clear_digit(reader):
    """Among fifteen confirmed digits a 1 is called 7: other clear 1s stay what they are."""
    written = neat(each=6)
    ones = [strokes for label, strokes in written if label == 1]
    profile = profile_of(reader, [(7, ones[0]), *[pair for pair in written[:15] if pair[0] != 1], (1, ones[1])])
    assert errors(reader, [(1, strokes) for strokes in ones[2:]], profile) == 0


def test_signs_stay_refused(reader, rng):
    signs = [
        write_sign(rng, kind) for kind in ("scribble", "spiral", "tangle", "star", "A", "m") for _ in range(10)
    ]
    before = [reading.state for reading in reader.read(signs)]
    for written in (neat(), in_a_hurry(2)):
        profile = profile_of(reader, written[:20])
        after = [reading.state for reading in reader.read(signs, [profile] * len(signs))]
        assert after.count("recognised") <= before.count("recognised")
        assert after.count("not_a_digit") >= before.count("not_a_digit") >= 40


@cache
def shared() -> tuple[Reader, tuple[WriterProfile, ...]]:
    """For hypothesis, which refuses fixtures that are made anew for each test."""
    reader = Reader.open(SHIPPED)
    mine = [(7, strokes) for _, strokes in neat()]
    return reader, tuple(profile_of(reader, written) for written in (neat(), in_a_hurry(2)[:15], mine))


def read_and_caught(
    drawing: Any, profile: WriterProfile | None
) -> list[tuple[DrawingDecoder, np.ndarray, np.ndarray]]:
    """The decoders and the scores that they get when the drawing is read."""
    caught: list[tuple[DrawingDecoder, np.ndarray, np.ndarray]] = []

    def decode(decoder: DrawingDecoder, digits: np.ndarray, digit_probability: np.ndarray, *others: Any) -> Any:
        caught.append((decoder, digits, digit_probability))
        return original(decoder, digits, digit_probability, *others)

    original = DrawingDecoder.decode
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DrawingDecoder, "decode", decode)
        shared()[0].read([drawing], [profile])
    return caught


def check_refusal(drawing: Any) -> None:
    for profile in shared()[1]:
        before, after = read_and_caught(drawing, None), read_and_caught(drawing, profile)
        for (decoder, digits, digit_probability), (_, adapted, same) in zip(before, after, strict=True):
            assert (digit_probability == same).all()
            assert np.allclose(np.logaddexp.reduce(adapted, axis=1), 0, atol=1e-9)
            no_number = decoder.log_probability("", digits, digit_probability)
            assert decoder.log_probability("", adapted, same) >= no_number - 1e-9


strokes_of_any_kind = st.lists(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 12), st.just(2)), elements=st.floats(-1e3, 1e3, width=32)),
    max_size=5,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strokes_of_any_kind)
def test_no_drawing_is_less_likely_to_be_no_number(strokes):
    check_refusal(strokes)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.integers(1, 3), st.floats(0.2, 1.0))
def test_nor_is_a_picture_with_digits_of_several_sizes(seed, count, size):
    rng = np.random.default_rng(seed)
    places = [(60.0 * i, 40.0 * rng.random()) for i in range(count)]
    marks = [
        [
            60.0 * (size if i % 2 else 1.0) * stroke + place
            for stroke in write_digit(int(rng.integers(10)), rng=rng)
        ]
        for i, place in enumerate(places)
    ]
    check_refusal(drawn([stroke + np.float64(40.0) for mark in marks for stroke in mark]))


@given(
    st.lists(st.integers(0, 9), min_size=MIN_CONFIRMED, max_size=60),
    st.integers(0, 2**32 - 1),
)
def test_the_effect_of_a_profile_is_bounded(labels, seed):
    """However many digits are confirmed, their effect on the odds of two labels is bounded."""
    rng = np.random.default_rng(seed)
    population: ReferencePopulation = shared()[0].reference_population
    embeddings = rng.normal(0, 1, (len(labels), 64)).astype(np.float32)
    profile = population.profile(labels, embeddings)
    assert profile is not None
    digits = np.log(rng.dirichlet(np.ones(10), 8))
    shift = profile.adapt(digits, np.concatenate([embeddings[:3], rng.normal(0, 1, (5, 64))])) - digits
    kernel = KernelSettings()
    most = np.log((MAX_CONFIRMED / kernel.floor + kernel.prior) / kernel.prior) + np.log(
        (MAX_CONFIRMED + kernel.prior) / kernel.prior
    )
    assert (np.ptp(shift, axis=1) <= most).all()
    assert np.isfinite(shift).all()


def test_the_reference_population_is_always_the_same(reader):
    again: ReferencePopulation = Reader.open(SHIPPED).reference_population
    assert (again.points == reader.reference_population.points).all()
    assert np.allclose(np.linalg.norm(again.points, axis=1), 1)


def test_a_profile_without_ink_to_read(reader):
    drawings: Sequence[Strokes] = [[], BLANK]
    assert [r.state for r in reader.read(drawings, [profile_of(reader, neat())] * 2)] == ["empty", "empty"]
