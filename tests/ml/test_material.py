"""What training draws from: parts by name, whole batches, writers kept apart."""

from __future__ import annotations

import numpy as np
import pytest

from ml import material
from ml.augment import NOT_A_DIGIT, UNCLEAR
from ml.material import Part, gather, mixture
from ml.synth import write_digit, write_sign


@pytest.fixture
def folder(tmp_path, rng):
    """A folder with a small MNIST of six writers, and characters by six others."""
    labels = np.arange(60) % 10
    glyphs = Part([write_digit(int(label), rng=rng) for label in labels], labels).glyphs
    numbers = np.resize(np.arange(60), 60_000)
    np.savez(
        tmp_path / "mnist.npz",
        x_train=glyphs[numbers],
        y_train=labels[numbers],
        x_test=glyphs[numbers[:10_000]],
        y_test=labels[numbers[:10_000]],
        writer_train=np.repeat(np.arange(20), 3000),
    )
    drawings = [write_digit(int(label), rng=rng) for label in range(6)] + [write_sign(rng) for _ in range(12)]
    strokes = [stroke * 100 for drawing in drawings for stroke in drawing]
    np.savez(
        tmp_path / "uji_strokes.npz",
        label=np.array([*"012345", *"AKOlMZ" * 2]),
        writer=np.tile(np.arange(6), 3),
        points=np.concatenate(strokes),
        stroke_start=np.cumsum([0, *map(len, strokes)]),
        sample_start=np.cumsum([0, *map(len, drawings)]),
    )
    return tmp_path


def test_parts_and_their_writers_are_kept_apart(folder):
    training, validation = gather(folder, 0.1, seed=1)
    assert len(training["mnist"].labels) + len(validation["mnist"].labels) == 60_000
    assert 0 < len(validation["mnist"].labels) <= 6000
    assert set(training["uji_letters"].labels) <= {NOT_A_DIGIT, UNCLEAR}
    assert "uji_digits" not in validation
    seen = [gather(folder, 0.1, seed)[0]["uji_digits"].labels.tolist() for seed in range(3)]
    assert all(len(labels) == 4 for labels in seen)
    assert all(sum(digit in labels for labels in seen) == 2 for digit in range(6))


def test_every_batch_holds_its_shares(rng):
    digits = Part([write_digit(int(label), rng=rng) for label in np.arange(20) % 10], np.arange(20) % 10)
    mixed = mixture({"pendigits": digits}, seed=1, pool=50, batch=100)
    x, y = mixed.batch(rng, 1.0)
    assert x.shape == (100, 28, 28)
    shares = material._SHARES
    junk = (shares["signs"] + shares["lattice_junk"]) / sum(
        shares[name] for name in ("written", "pendigits", "signs", "lattice_junk")
    )
    assert (y == NOT_A_DIGIT).mean() == pytest.approx(junk, abs=0.02)


def test_synthetic_ink_alone_is_enough(rng):
    x, y = mixture({}, seed=1, pool=40, batch=64).batch(rng, 0.5)
    assert len(x) == len(y) == 64
    assert set(np.unique(y)) >= {0, 9, NOT_A_DIGIT}
