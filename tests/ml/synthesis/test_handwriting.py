"""Synthetic ink: seeded, of many styles, and of the size it promises."""

from __future__ import annotations

import numpy as np
import pytest

from ml.ink.strokes import bounds
from ml.synthesis.handwriting import (
    SIGN_KINDS,
    STYLES,
    compose_line,
    random_handwriting,
    write_digit,
    write_number,
    write_sign,
)


def test_every_digit_has_styles_and_the_famous_ones_are_there():
    assert set(STYLES) == set(range(10))
    assert {"european", "foot", "plain"} <= set(STYLES[1])
    assert {"plain", "crossed"} <= set(STYLES[7])
    assert {"open", "closed"} <= set(STYLES[4])
    assert {"round", "slashed"} <= set(STYLES[0])
    assert "looped" in STYLES[2]


@pytest.mark.parametrize("label", range(10))
def test_a_digit_is_about_one_unit_high(label, rng):
    heights = [bounds(write_digit(label, rng=rng))[3] for _ in range(100)]
    assert 0.9 < np.median(heights) < 1.15
    assert min(heights) > 0.65


def test_the_same_seed_writes_the_same():
    once, again = (write_number("12 3\n4", rng=np.random.default_rng(5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))


@pytest.mark.parametrize("text", ["7", "1234567890", "12 34", "123\n456\n789", "0 0 0 0 0 0 0 0"])
def test_a_number_stays_on_its_canvas(text, rng):
    for _ in range(20):
        x, y, width, height = bounds(write_number(text, rng=rng, canvas=(400, 200)))
        assert x >= 0
        assert y >= 0
        assert x + width <= 400
        assert y + height <= 200


@pytest.mark.parametrize("text", ["", " ", "\n", "1a", "-1", "1.5"])
def test_other_texts_are_refused(text, rng):
    with pytest.raises(ValueError, match="Only digits"):
        write_number(text, rng=rng)


def test_an_unknown_style_is_refused(rng):
    with pytest.raises(KeyError):
        write_digit(3, rng=rng, style="gothic")


@pytest.mark.parametrize("kind", SIGN_KINDS)
def test_signs_are_ink(kind, rng):
    strokes = write_sign(rng, kind)
    assert all(stroke.dtype == np.float32 and np.isfinite(stroke).all() for stroke in strokes)


def test_one_handwriting_has_one_style_of_a_digit(rng):
    handwriting = random_handwriting(rng)
    assert len({len(write_digit(7, rng=rng, handwriting=handwriting)) for _ in range(20)}) == 1


def test_single_digits_become_a_line_from_left_to_right(rng):
    digits = [write_digit(label, rng=rng, style="plain") for label in (1, 2, 7)]
    line = compose_line(digits, rng=rng)
    starts = [bounds([stroke])[0] for stroke in line]
    assert starts == sorted(starts)
