"""The way of the pen: what the second network sees of strokes, and other ways to write the same."""

from __future__ import annotations

import numpy as np
import pytest

from ml.augmentation.sources import RecordedStrokes
from ml.augmentation.trajectory_batches import VariedTrajectories, vary_strokes
from ml.data.corpus import LabeledInk
from ml.inference.artifact import pack, unpack
from ml.inference.reader import SHIPPED, Reader
from ml.ink.trajectory import CHANNELS, POINTS, strokes_to_trajectory
from ml.synthesis.handwriting import write_digit, write_number

HAT = np.array([[0, 0], [50, 0]], np.float32)
STEM = np.array([[50, 10], [20, 100]], np.float32)


def test_points_are_even_steps_along_the_strokes_and_between_them():
    way = strokes_to_trajectory([HAT, STEM])
    assert way.shape == (POINTS, CHANNELS)
    assert way.dtype == np.float32
    steps = np.hypot(*np.diff(way[:, :2], axis=0).T)
    assert steps.max() == pytest.approx(np.median(steps), rel=0.02)  # shorter only where it turns
    assert np.hypot(way[:, 2], way[:, 3]) == pytest.approx(1, abs=1e-3)


def test_place_and_size_do_not_matter():
    moved = [7 * stroke + np.array([300, -40], np.float32) for stroke in (HAT, STEM)]
    assert strokes_to_trajectory(moved) == pytest.approx(strokes_to_trajectory([HAT, STEM]), abs=1e-4)


def test_order_and_direction_do():
    assert np.abs(strokes_to_trajectory([STEM, HAT]) - strokes_to_trajectory([HAT, STEM])).max() > 0.5
    assert strokes_to_trajectory([HAT[::-1]])[:, 2] == pytest.approx(-strokes_to_trajectory([HAT])[:, 2])


def test_a_new_stroke_is_told_from_one_that_goes_on():
    assert strokes_to_trajectory([HAT, STEM])[:, 4].any()
    joined = np.concatenate([HAT, STEM])
    assert not strokes_to_trajectory([joined])[:, 4].any()
    cut = [joined[:3], joined[2:]]  # parts of one stroke share the point where they meet
    assert np.array_equal(strokes_to_trajectory(cut), strokes_to_trajectory([joined]))


def test_a_dot_stays_a_dot():
    dot = [np.array([[5, 5], [6, 5]], np.float32)]
    assert np.abs(strokes_to_trajectory(dot, min_side=100)[:, :2]).max() < 0.01
    assert np.abs(strokes_to_trajectory(dot)[:, :2]).max() == pytest.approx(0.5)
    assert np.isfinite(strokes_to_trajectory([np.zeros((1, 2), np.float32)])).all()


@pytest.mark.parametrize("size", [1e-30, 1e-6, 1e6])
def test_strokes_of_any_size_stay_finite(size, rng):
    strokes = [(size * rng.normal(size=(n, 2))).astype(np.float32) for n in (1, 2, 300)]
    assert np.isfinite(strokes_to_trajectory(strokes)).all()


def test_how_points_lie_in_memory_does_not_matter(reader):
    by_columns = [np.asfortranarray(stroke) for stroke in (HAT, STEM)]
    assert np.array_equal(strokes_to_trajectory(by_columns), strokes_to_trajectory([HAT, STEM]))
    assert reader.read([by_columns]) == reader.read([[HAT, STEM]])


def test_another_hand_writes_about_the_same(rng):
    three = write_digit(3, rng=rng)
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(vary_strokes(three, rng, 0.0), three, strict=True))
    others = [vary_strokes(three, rng) for _ in range(50)]
    backwards = sum(bool(other[0][0, 1] > other[-1][-1, 1]) for other in others)
    assert 0 < backwards < 25
    for other in others:
        assert sum(map(len, other)) == sum(map(len, three))
        assert all(stroke.dtype == np.float32 for stroke in other)


def test_batches_of_trajectories_are_seeded(rng):
    labels = np.arange(20) % 10
    source = RecordedStrokes(LabeledInk([write_digit(int(label), rng=rng) for label in labels], labels))
    (once, y), (again, _) = (VariedTrajectories(source).draw(8, np.random.default_rng(4), 1.0) for _ in range(2))
    assert once.shape == (8, POINTS, CHANNELS)
    assert y.shape == (8,)
    assert np.array_equal(once, again)


def test_an_artifact_without_that_network_reads_strokes_too(rng):
    held = unpack(SHIPPED.read_bytes())
    alone = Reader.open(pack(held.model, held.card, held.weights, held.exemplars))
    texts = [str(number) for number in rng.integers(100, 999, 20)]
    readings = alone.read([write_number(text, rng=rng) for text in texts])
    assert sum(r.text == text for r, text in zip(readings, texts, strict=True)) >= 18
    assert alone.explain(write_digit(3, rng=rng)).nearest


def test_pictures_and_strokes_in_one_call_read_as_they_do_alone(reader, rng):
    from tests.ml.conftest import drawn

    numbers = [write_number(text, rng=rng) for text in ("12", "345", "6")]
    mixed = [drawn(numbers[0]), numbers[0], [], drawn(numbers[1]), numbers[1], numbers[2]]
    together = reader.read(mixed)
    for drawing, reading in zip(mixed, together, strict=True):
        [alone] = reader.read([drawing])
        assert alone.text == reading.text
        assert alone.confidence == pytest.approx(reading.confidence, abs=1e-3)
