"""Drawings come out of the files of data sets with their true texts, and only those that were asked for."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from ml.data.loaders import DatasetError
from ml.evaluation.labeled_drawings import (
    image_files,
    is_letter_but_o,
    is_one_line,
    is_separable_name,
    is_sign,
    labeled_images,
    photos,
    strings_of_strangers,
)
from ml.synthesis.handwriting import write_digit
from tests.ml.conftest import drawn


def png(digit: int, rng: np.random.Generator) -> bytes:
    strokes = [20 + 60 * stroke for stroke in write_digit(digit, rng=rng)]
    return cv2.imencode(".png", drawn(strokes, (100, 100), pen=4))[1].tobytes()


@pytest.mark.parametrize(
    ("is_chosen", "labels", "chosen"),
    [
        (is_sign, ["+", "(", "/", "7", "x", "\\theta", "\\pm"], ["+", "(", "\\pm"]),
        (is_separable_name, ["alpha", "omikron", "ksi", "k", "o", "theta"], ["alpha", "k"]),
        (is_letter_but_o, ["alpha", "omikron", "ksi", "o"], ["alpha", "ksi"]),
        (is_one_line, ["1+2", "1\n2"], ["1+2"]),
    ],
)
def test_what_is_unlike_a_digit(is_chosen, labels, chosen):
    assert [label for label in labels if is_chosen(label)] == chosen


def test_images_by_their_labels(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 8, 8), np.uint8), label=np.array(["3", "+", "omikron"]))
    assert labeled_images(str.isdigit)(tmp_path / "a.npz", {}).texts == ["3"]
    assert labeled_images(is_sign)(tmp_path / "a.npz", {}).texts == [""]


def test_files_in_an_array(tmp_path, rng):
    data = [png(3, rng), png(4, rng), png(1, rng)]
    np.savez(
        tmp_path / "a.npz",
        image=np.frombuffer(b"".join(data), np.uint8),
        image_offsets=np.cumsum([0, *map(len, data)]),
        label=np.array(["3", "alpha", "14"]),
    )
    digits = image_files("label")(tmp_path / "a.npz", {})
    assert digits.texts == ["3", "14"]
    assert [drawing.shape for drawing in digits.drawings] == [(100, 100), (100, 100)]
    assert image_files("label", is_separable_name)(tmp_path / "a.npz", {}).texts == [""]


def test_photographs_of_one_line_and_of_pages(tmp_path, rng):
    labels = {"1.png": "12+3", "2.png": "4\n5", "3.png": "6"}
    for name in labels:
        (tmp_path / name).write_bytes(png(3, rng))
    kinds = {"3.png": "photo"}
    entries = [{"file": f, "label": label, "kind": kinds.get(f, "page")} for f, label in labels.items()]
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(entries))
    assert photos("page", is_chosen=is_one_line)(file, {}).texts == ["12 3"]
    assert photos("page")(file, {}).texts == ["12 3", "4\n5"]
    (tmp_path / "2.png").unlink()
    with pytest.raises(DatasetError, match=r"labels\.json"):
        photos("page")(file, {})


def test_strings_of_nobody(tmp_path):
    np.savez(
        tmp_path / "a.npz",
        label=np.array(["3"]),
        writer=np.array([1]),
        points=np.zeros((2, 2)),
        stroke_start=np.array([0, 2]),
        sample_start=np.array([0, 1]),
    )
    known = {"strangers": {"a": []}}
    assert strings_of_strangers("a", 0.0, 0.1)(tmp_path / "a.npz", known).texts == []
    assert len(strings_of_strangers("a", 0.0, 0.1)(tmp_path / "a.npz", {}).texts) == 1000
