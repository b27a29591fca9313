"""Habits change how a drawing is drawn, never what it shows, and never beyond their bounds."""

from __future__ import annotations

import numpy as np
import pytest

from ml.augmentation.pen_habits import apply_habits
from ml.augmentation.ringed_eights import RingedEights
from ml.data.corpus import LabeledInk
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import bounds
from ml.labels import NOT_A_DIGIT
from ml.synthesis.handwriting import write_digit, write_sign


def test_without_strength_a_drawing_stays_as_it_was(rng):
    drawing = write_digit(0, rng=rng)
    assert apply_habits(drawing, 0, rng, 0.0) is drawing


def test_drawings_stay_drawings_of_about_the_same_size(rng):
    for number in range(400):
        label = number % 11
        drawing = write_sign(rng) if label == NOT_A_DIGIT else write_digit(label, rng=rng)
        changed = apply_habits(drawing, label, rng, 1.0)
        assert all(stroke.shape[1:] == (2,) and len(stroke) for stroke in changed)
        assert all(np.isfinite(stroke).all() for stroke in changed)
        side = max(bounds(drawing)[2:])
        assert 0.7 * side < max(bounds(changed)[2:]) < 1.9 * side


def test_a_drawing_of_a_single_point_can_be_changed(rng):
    dot = [np.zeros((1, 2), np.float32)]
    for _ in range(200):
        assert apply_habits(dot, NOT_A_DIGIT, rng, 1.0)


def test_the_same_seed_gives_the_same_drawing(rng):
    drawing = write_digit(7, rng=rng)
    once, again = (apply_habits(drawing, 7, np.random.default_rng(3), 1.0) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))


def test_every_habit_shows(rng):
    plain = [write_digit(0, rng=rng, style="round") for _ in range(600)]
    changed = [apply_habits(drawing, 0, rng, 1.0) for drawing in plain]
    strokes = np.array([len(drawing) for drawing in changed])
    points = np.array([sum(map(len, drawing)) for drawing in changed])
    usual = sum(map(len, plain[0]))
    assert 0.05 < (strokes > 1).mean() < 0.3  # slashed, or parted where the pen turns
    assert 0.03 < (points < 0.4 * usual).mean() < 0.3  # few points
    assert (points > usual).mean() > 0.2  # a tick or a hook


def test_eights_of_two_rings_have_the_strokes_of_two_zeros(rng):
    zeros = [write_digit(0, rng=rng, style="round") for _ in range(6)]
    writers = np.array([1, 1, 1, 2, 2, 2])
    drawings, labels = RingedEights([LabeledInk(zeros, np.zeros(6, np.int64), writers)]).draw(40, rng, 1.0)
    assert (labels == 8).all()
    for strokes, _ in drawings:
        upper, lower = strokes
        assert upper[:, 1].mean() < lower[:, 1].mean()
        assert bounds(strokes)[3] == pytest.approx(1.0, abs=0.12)


def test_the_shipped_reader_sees_an_eight_in_most_ringed_eights(rng):
    zeros = LabeledInk([write_digit(0, rng=rng, style="round") for _ in range(20)], np.zeros(20, np.int64))
    eights = LabeledInk([strokes for strokes, _ in RingedEights([zeros]).draw(40, rng, 1.0)[0]], np.full(40, 8))
    labels = Reader.open(SHIPPED).classify(eights.glyphs)[0].argmax(axis=1)
    assert (labels == 8).mean() > 0.8
