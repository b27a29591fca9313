"""Synthetic photographs: what they hold, and that the reader reads through their faults."""

from __future__ import annotations

import numpy as np
import pytest

from ml.synthesis.handwriting import write_number
from ml.synthesis.photographs import Scene, photograph

SIZE = (800, 400)


def taken(scene: Scene, text: str = "2749") -> np.ndarray:
    rng = np.random.default_rng(7)
    strokes = write_number(text, rng=rng, canvas=(700, 300))
    return photograph([stroke + np.array([50, 50], np.float32) for stroke in strokes], SIZE, scene, rng)


def test_it_works(reader):
    picture = taken(Scene())
    assert picture.shape == (400, 800)
    assert picture.dtype == np.uint8
    assert np.median(picture) == round(255 * 0.85)
    assert picture.min() < 60
    assert reader.read([picture])[0].text == "2749"


@pytest.mark.parametrize(
    "scene",
    [
        Scene(gradient=0.7),
        Scene(shadow=0.5),
        Scene(ink=0.72, pen=3),
        Scene(lines="ruled"),
        Scene(lines="squared"),
        Scene(lines="form", line=0.2),
        Scene(pattern=0.2, lines="form", line=0.3),
        Scene(tilt=6),
        Scene(blur=2, noise=8),
        Scene(noise=4, jpeg=30),
        Scene(inverted=True, noise=5),
        Scene(gradient=0.4, shadow=0.3, lines="ruled", tilt=2, blur=1, noise=5, jpeg=60),
    ],
    ids=str,
)
def test_faults_are_read_through(reader, scene):
    assert reader.read([taken(scene)])[0].text == "2749"


def test_a_shadow_over_most_of_the_page_does_not_turn_ink_to_paper(reader):
    picture = taken(Scene()).astype(np.float64)
    picture[60:] *= 0.5
    assert reader.read([picture.astype(np.uint8)])[0].text == "2749"


@pytest.mark.parametrize("noise", [4, 15])
def test_noise_alone_is_empty(reader, noise):
    rng = np.random.default_rng(1)
    paper = (190 + rng.normal(0, noise, (1200, 1600))).clip(0, 255).astype(np.uint8)
    assert reader.read([paper])[0].state == "empty"


def test_unknown_lines():
    with pytest.raises(ValueError, match="lines"):
        taken(Scene(lines="music"))
