"""What training draws from: parts by name, whole batches, writers kept apart."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.augmentation import sampling
from ml.augmentation.sampling import mix_glyphs
from ml.data.corpus import LabeledInk, gather_local_corpus
from ml.ink.strokes import bounds
from ml.labels import NOT_A_DIGIT, UNCLEAR
from ml.synthesis.handwriting import write_digit, write_sign
from tests.ml.conftest import drawn


@pytest.fixture
def folder(tmp_path, rng):
    """A folder with a small MNIST of six writers, and characters by six others."""
    labels = np.arange(60) % 10
    glyphs = LabeledInk([write_digit(int(label), rng=rng) for label in labels], labels).glyphs
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
    found = gather_local_corpus(folder, 0.1, seed=1)
    training, validation = found.training, found.validation
    assert len(training["mnist"].labels) + len(validation["mnist"].labels) == 60_000
    assert 0 < len(validation["mnist"].labels) <= 6000
    assert set(training["uji_letters"].labels) <= {NOT_A_DIGIT, UNCLEAR}
    assert "uji_digits" not in validation
    assert found.strangers == {"uji": [1, 4]}
    assert [source.split(",")[0] for source in found.sources] == [
        "MNIST (LeCun",
        "UJI Pen Characters",
        "synthetic strokes of this project (ml/synthesis/handwriting.py)",
    ]


def test_three_runs_leave_out_every_writer_once(folder):
    runs = [gather_local_corpus(folder, 0.1, seed) for seed in range(3)]
    assert sorted(writer for run in runs for writer in run.strangers["uji"]) == [0, 1, 2, 3, 4, 5]
    assert all(len(run.training["uji_digits"].labels) == 4 for run in runs)


def test_every_batch_holds_its_shares(rng):
    digits = LabeledInk([write_digit(int(label), rng=rng) for label in np.arange(20) % 10], np.arange(20) % 10)
    mixed = mix_glyphs({"pendigits": digits}, seed=1, pool=50, batch=100)
    x, y = mixed.batch(rng, 1.0)
    assert x.shape == (100, 28, 28)
    shares = sampling._SHARES
    junk = shares["signs"] + shares["lattice_junk"]
    others = [shares[name] for name in ("written", "misreadable", "pendigits", "stroke_parts")]
    junk /= junk + sum(others)
    assert (y == NOT_A_DIGIT).mean() == pytest.approx(junk, abs=0.02)


def test_styles_that_are_easily_misread_can_be_written(rng):
    part = sampling.easily_confused_digits(40, rng)
    assert len(part.ink) == len(part.labels) == 40
    assert set(part.labels) >= {1, 7, 9}


def test_synthetic_ink_alone_is_enough(rng):
    x, y = mix_glyphs({}, seed=1, pool=40, batch=256).batch(rng, 0.5)
    assert len(x) == len(y) == 256
    assert set(np.unique(y)) >= {0, 9, NOT_A_DIGIT}
    assert (y >= UNCLEAR).any()


@pytest.fixture
def scans(folder, rng):
    """The same folder with ten written amounts as JPEG, and characters of two alphabets by twelve drawers."""
    pictures, boxes, labels = [], [], []
    for number in range(10):
        digits = [write_digit((number + k) % 10, rng=rng) for k in range(4)]
        strokes = [[60 * stroke + [30 + 80 * k, 30] for stroke in digit] for k, digit in enumerate(digits)]
        page = drawn([stroke for digit in strokes for stroke in digit], (360, 130), pen=4)
        pictures.append(cv2.imencode(".jpg", page)[1].tobytes())
        boxes += [bounds(digit) for digit in strokes]
        labels += [(number + k) % 10 for k in range(4)]
    np.savez(
        folder / "orand_car_a.npz",
        jpeg=np.frombuffer(b"".join(pictures), np.uint8),
        jpeg_offsets=np.cumsum([0, *map(len, pictures)]),
        string=np.array(["".join(map(str, labels[4 * i : 4 * i + 4])) for i in range(10)]),
        boxes=np.rint(boxes).astype(np.int16),
        box_label=np.array(labels, np.uint8),
        box_offsets=np.arange(0, 44, 4),
    )
    signs = [255 - drawn([40 * s + 8 for s in write_sign(rng, "K")], (56, 56), 3) for _ in range(48)]
    np.savez(
        folder / "omniglot_small.npz",
        x=np.stack(signs),
        label=np.repeat(
            ["Latin/character01", "Latin/character15", "Sanskrit/character01", "Greek/character02"], 12
        ),
        drawer=np.tile(np.arange(1, 13), 4),
    )
    return folder


def test_lines_to_learn_from_are_none_to_validate_on(scans):
    found = gather_local_corpus(scans, 0.1, seed=0)
    assert [*found.validation_lines.texts] == [(0, 1, 2, 3)]
    assert [*found.lines.texts] == [(3, 4, 5, 6), (6, 7, 8, 9), (9, 0, 1, 2)]
    assert all(ink.any() for ink in found.lines.ink)


def test_cheques_give_the_digits_that_the_reader_finds(scans):
    found = gather_local_corpus(scans, 0.1, seed=0)
    assert set(found.training["cheques"].labels) <= set(range(10))
    assert len(found.training["cheques"].labels) >= 8  # of three amounts to train on
    assert len(found.validation["cheques"].labels) >= 2  # of one
    assert found.training["cheques"].glyphs.any(axis=(1, 2)).all()


def test_two_digits_of_a_cheque_as_one_are_none(scans):
    found = gather_local_corpus(scans, 0.1, seed=0)
    assert set(found.training["cheque_junk"].labels) == {NOT_A_DIGIT}


def test_stretched_digits_are_narrowed_again(folder):
    squares = np.zeros((1100, 16, 16), np.uint8)
    squares[:, :, 4:12] = 255
    np.savez(folder / "semeion.npz", x=squares, y=np.arange(1100) % 10)
    part = gather_local_corpus(folder, 0.1, seed=0).training["semeion"]
    assert len(part.labels) == 3000  # the first thousand, three times
    widths = part.glyphs.any(axis=1).sum(axis=1)
    assert widths[part.labels == 1].mean() < 0.6 * widths[part.labels == 2].mean()


def test_characters_of_unseen_alphabets_and_drawers_are_left_out(scans):
    found = gather_local_corpus(scans, 0.1, seed=0)
    assert len(found.training["omniglot"].labels) == 30  # ten drawers of three characters
    assert (found.training["omniglot"].labels == UNCLEAR).sum() == 10  # the o
    assert len(found.validation["omniglot"].labels) == 4  # two other drawers of the two that are clear
