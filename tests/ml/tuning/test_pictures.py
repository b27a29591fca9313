"""What `python -m ml.tuning.pictures` fits, on a few synthetic pictures."""

from __future__ import annotations

import json
import logging
import math
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from ml.data.loaders import DatasetError
from ml.decoding.ctc import BLANK, CtcOutput
from ml.decoding.drawing_decoder import DrawingDecoder
from ml.evaluation.labeled_drawings import LabeledDrawings
from ml.segmentation.costs import IMAGE_COSTS
from ml.synthesis.handwriting import write_digit, write_number
from ml.tuning import pictures
from ml.tuning.pictures import (
    SEARCHED,
    ImageObjective,
    Pictures,
    drift_loss,
    fit_line_network_costs,
    gather_pictures,
)
from ml.tuning.random_search import CachedScores, random_search
from tests.ml.conftest import drawn


class Reader999:
    """A reader whose line network reads 999 in all lines."""

    def __init__(self, reader) -> None:
        self.calibration, self.score_candidates = reader.calibration, reader.score_candidates

    def read_line(self, line_image) -> CtcOutput:
        return CtcOutput(20.0 * np.eye(BLANK + 1)[[9, BLANK, BLANK, BLANK] * 3])


TEXTS = ("407", "25 16", "8\n39")


def numbers(rng):
    return [drawn(write_number(text, rng=rng)) for text in TEXTS]


def digit(rng, label=3, side=60):
    strokes = write_digit(label, rng=rng)
    return drawn([stroke * side / 2 + side / 4 for stroke in strokes], size=(side, side), pen=4)


@pytest.fixture(scope="module")
def objective(request) -> ImageObjective:
    rng = np.random.default_rng(21)
    pictures_of_numbers = Pictures.of("numbers", 1.0, LabeledDrawings(numbers(rng), TEXTS))
    return ImageObjective(request.getfixturevalue("reader"), [pictures_of_numbers])


def test_a_search_finds_better_costs_than_bad_ones(objective):
    bad = replace(IMAGE_COSTS, negative=0.01, segment=6.0, overlap=30.0)
    result = random_search(objective.text_loss, bad, SEARCHED, 15, seed=3)
    assert result.loss < result.initial_loss == objective.text_loss(bad)
    assert result.loss == objective.text_loss(result.costs)


def test_the_same_seed_finds_the_same(objective):
    result, again = (random_search(objective.text_loss, IMAGE_COSTS, SEARCHED, 3, seed=1) for _ in range(2))
    assert result == again
    assert result.loss <= result.initial_loss


def test_texts_are_counted_without_spaces(objective):
    assert objective.count_right(IMAGE_COSTS) == {"numbers": (3, 3)}
    assert objective.count_right(replace(IMAGE_COSTS, negative=0.001, segment=60.0))["numbers"][0] < 3


def test_pictures_may_have_colours(reader):
    grey = numbers(np.random.default_rng(21))
    coloured = [np.stack([picture, picture, np.full_like(picture, 255)], axis=2) for picture in grey]
    yellow = ImageObjective(reader, [Pictures.of("yellow", 1.0, LabeledDrawings(coloured, TEXTS))])
    assert yellow.count_right(IMAGE_COSTS) == {"yellow": (3, 3)}


def test_sources_count_as_they_are_weighted(reader):
    rng = np.random.default_rng(21)
    right, wrong = (
        Pictures.of(name, weight, LabeledDrawings(numbers(rng), texts))
        for name, weight, texts in (("right", 3.0, TEXTS), ("wrong", 1.0, ("1", "2", "3")))
    )
    single = [ImageObjective(reader, [source]).text_loss(IMAGE_COSTS) for source in (right, wrong)]
    assert single[0] < 1 < single[1]
    assert ImageObjective(reader, [right, wrong]).text_loss(IMAGE_COSTS) == pytest.approx(
        0.75 * single[0] + 0.25 * single[1]
    )


def test_the_probability_of_a_text_is_the_confidence_of_its_reading(reader, rng):
    """One component, which is nothing or one digit."""
    [components] = Pictures.of("digit", 1.0, LabeledDrawings([digit(rng)], ["3"])).components
    decoder = DrawingDecoder(components, IMAGE_COSTS)
    scores = CachedScores(reader).of(decoder)
    probabilities = {text: math.exp(decoder.log_probability(text, *scores)) for text in ("", *"0123456789")}
    reading = decoder.decode(*scores, reader.calibration)
    assert len(decoder.candidates) == 1
    assert sum(probabilities.values()) == pytest.approx(1.0)
    assert reading.text == "3"
    assert probabilities["3"] == pytest.approx(reading.confidence, abs=1e-3)
    assert decoder.log_probability("33", *scores) == -math.inf


def test_without_a_line_network_its_costs_stay(reader, rng):
    without = Reader999(reader)
    without.read_line = None
    objective = ImageObjective(without, [Pictures.of("numbers", 1.0, LabeledDrawings(numbers(rng), TEXTS))])
    assert not objective.has_line_network
    assert fit_line_network_costs(objective, IMAGE_COSTS) == IMAGE_COSTS


def test_with_one_they_are_those_with_the_least_loss(reader, rng):
    """A line network that is sure of texts that are not there gets no weight."""
    objective = ImageObjective(
        Reader999(reader), [Pictures.of("numbers", 1.0, LabeledDrawings(numbers(rng)[:1], TEXTS[:1]))]
    )
    eager = replace(IMAGE_COSTS, line_network_threshold=1.1)
    assert fit_line_network_costs(objective, eager).line_network_weight == 0.0
    assert objective.reading_loss(replace(eager, line_network_weight=3.0)) > objective.reading_loss(
        replace(eager, line_network_weight=0.0)
    )


def test_pictures_without_ink_are_left_out(rng):
    blank = np.full((60, 60), 255, np.uint8)
    assert Pictures.of("digits", 1.0, LabeledDrawings([blank, digit(rng)], ["1", "3"])).texts == ["3"]


def test_drift_costs_the_more_the_farther():
    assert drift_loss(IMAGE_COSTS, IMAGE_COSTS) == 0.0
    assert (
        0
        < drift_loss(replace(IMAGE_COSTS, negative=2.0), IMAGE_COSTS)
        < drift_loss(replace(IMAGE_COSTS, negative=3.0), IMAGE_COSTS)
    )


def write_semeion(folder, rng, n=1000):
    """Digits in two rows of the same picture: those that train are 3, the others 8."""
    seen, unseen = ([255 - digit(rng, label, 16)] for label in (3, 8))
    labels = np.repeat([3, 8], [n, 5])
    np.savez(folder / "semeion.npz", x=np.concatenate([seen * n, unseen * 5]), y=labels)


def write_cheques(folder, rng):
    """Thirty-one amounts, each of which says its own number."""
    jpegs = [cv2.imencode(".jpg", digit(rng))[1].ravel() for _ in range(31)]
    np.savez(
        folder / "orand_car_a.npz",
        jpeg=np.concatenate(jpegs),
        jpeg_offsets=np.cumsum([0, *map(len, jpegs)]),
        string=np.array([str(i) for i in range(31)]),
        boxes=np.zeros((0, 4), int),
        box_label=np.zeros(0, int),
        box_offsets=np.zeros(32, int),
    )


def write_mnist(folder, rng):
    glyph = 255 - digit(rng, side=28)
    np.savez(
        folder / "mnist.npz",
        x_train=np.resize(glyph, (60_000, 28, 28)),
        y_train=np.full(60_000, 3),
        x_test=np.resize(glyph, (10_000, 28, 28)),
        y_test=np.full(10_000, 8),
    )


def write_photos(folder, rng):
    (folder / "photos").mkdir()
    kinds = {"page": "1 2\n3", "photo": "3", "sign": "7"}
    entries = [{"file": f"{kind}.png", "kind": kind, "label": text} for kind, text in kinds.items()]
    (folder / "photos" / "labels.json").write_text(json.dumps(entries))
    for kind in kinds:
        cv2.imwrite(str(folder / "photos" / f"{kind}.png"), digit(rng))


def test_only_what_trains_or_validates_is_read(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(pictures, "find_components", lambda picture: picture)  # of 1,500 it would take seconds
    for write in (write_cheques, write_photos, write_mnist):
        write(tmp_path, rng)
    write_semeion(tmp_path, rng)
    texts = {source.name: source.texts for source in gather_pictures(tmp_path, seed=1)}
    assert texts.pop("cheques kept aside") == ["0", "15", "30"]
    assert texts.pop("cheques learned from") == ["3", "6", "9", "12", "18", "21", "24", "27"]
    assert texts.pop("photographed pages") == ["123"]
    assert texts.pop("photographed digits") == ["3"]
    assert texts.pop("MNIST") == ["3"] * 500
    assert texts.pop("Semeion") == ["3"] * 1000
    assert not texts


def test_a_missing_file_is_left_out(tmp_path, rng, caplog):
    write_cheques(tmp_path, rng)
    with caplog.at_level(logging.INFO):
        sources = gather_pictures(tmp_path, seed=1)
    assert [source.name for source in sources] == ["cheques learned from", "cheques kept aside"]
    assert [name for name in ("photographed pages", "MNIST", "Semeion") if f"without {name}:" in caplog.text] == [
        "photographed pages",
        "MNIST",
        "Semeion",
    ]


def test_a_folder_without_any_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no pictures"):
        gather_pictures(tmp_path, seed=1)


def test_one_command_logs_what_it_found(tmp_path, rng, caplog, monkeypatch):
    write_cheques(tmp_path, rng)
    monkeypatch.setattr(sys, "argv", ["tune_pictures", "--data", str(tmp_path), "--tries", "2"])
    with caplog.at_level(logging.INFO):
        pictures.main()
    lines = [record.getMessage() for record in caplog.records]
    assert any(line.startswith("cheques kept aside: 0 of 3 right, 0 before") for line in lines)
    assert lines[-2].startswith("loss ")
    assert "'low_spread': " in lines[-1]
