"""The corpus is gathered from the files of a folder, in parts by name, with writers kept apart."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.data.corpus import LabeledInk
from ml.data.gathering import gather_local_corpus
from ml.data.split_plan import SplitPlan
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
    split = gather_local_corpus(folder, SplitPlan(0.1, 1))
    training, validation = split.training, split.validation
    assert len(training["mnist"].labels) + len(validation["mnist"].labels) == 60_000
    assert 0 < len(validation["mnist"].labels) <= 6000
    assert set(training["uji_letters"].labels) <= {NOT_A_DIGIT, UNCLEAR}
    assert "uji_digits" not in validation
    assert split.strangers == {"uji": [1, 4]}
    assert [source.split(",")[0] for source in split.sources] == [
        "MNIST (LeCun",
        "UJI Pen Characters",
        "synthetic strokes of this project (ml/synthesis)",
    ]


def test_three_runs_leave_out_every_writer_once(folder):
    runs = [gather_local_corpus(folder, SplitPlan(0.1, seed)) for seed in range(3)]
    assert sorted(writer for run in runs for writer in run.strangers["uji"]) == [0, 1, 2, 3, 4, 5]
    assert all(len(run.training["uji_digits"].labels) == 4 for run in runs)


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


def test_lines_to_train_on_are_none_to_validate_on(scans):
    split = gather_local_corpus(scans, SplitPlan(0.1, 0))
    assert [*split.validation_lines.texts] == [(0, 1, 2, 3)]
    assert [*split.lines.texts] == [(3, 4, 5, 6), (6, 7, 8, 9), (9, 0, 1, 2)]
    assert all(ink.any() for ink in split.lines.ink)


def test_cheques_give_the_digits_that_segmentation_finds(scans):
    split = gather_local_corpus(scans, SplitPlan(0.1, 0))
    assert set(split.training["cheques"].labels) <= set(range(10))
    assert len(split.training["cheques"].labels) >= 8  # of three amounts to train on
    assert len(split.validation["cheques"].labels) >= 2  # of one
    assert split.training["cheques"].glyphs.any(axis=(1, 2)).all()


def test_several_digits_of_a_cheque_as_one_are_negatives(scans):
    split = gather_local_corpus(scans, SplitPlan(0.1, 0))
    assert set(split.training["cheque_junk"].labels) == {NOT_A_DIGIT}


def test_stretched_digits_are_narrowed_again(folder):
    squares = np.zeros((1100, 16, 16), np.uint8)
    squares[:, :, 4:12] = 255
    np.savez(folder / "semeion.npz", x=squares, y=np.arange(1100) % 10)
    part = gather_local_corpus(folder, SplitPlan(0.1, 0)).training["semeion"]
    assert len(part.labels) == 3000  # the first thousand, three times
    widths = part.glyphs.any(axis=1).sum(axis=1)
    assert widths[part.labels == 1].mean() < 0.6 * widths[part.labels == 2].mean()


def test_characters_of_unseen_alphabets_and_drawers_are_left_out(scans):
    split = gather_local_corpus(scans, SplitPlan(0.1, 0))
    assert len(split.training["omniglot"].labels) == 30  # ten drawers of three characters
    assert (split.training["omniglot"].labels == UNCLEAR).sum() == 10  # the o
    assert len(split.validation["omniglot"].labels) == 4  # two other drawers of the two that are clear


def test_without_lines_only_glyphs_are_cut(scans):
    split = gather_local_corpus(scans, SplitPlan(0.1, 0), lines=False)
    assert not split.lines.texts
    assert not split.validation_lines.texts
    assert len(split.training["cheques"].labels)


def test_a_sample_keeps_writers_beside_their_digits(rng):
    part = LabeledInk(np.arange(20)[:, None, None] * np.ones((1, 28, 28)), np.arange(20) % 10, np.arange(20))
    sample = part.sample(5, rng)
    assert len(sample.labels) == 5
    assert sample.writers.tolist() == sample.ink[:, 0, 0].tolist()
    assert (sample.labels == sample.writers % 10).all()
    assert part.sample(20, rng) is part


def test_glyphs_are_no_drawings():
    with pytest.raises(TypeError, match="strokes"):
        _ = LabeledInk(np.zeros((1, 28, 28), np.uint8), np.array([3])).drawings
