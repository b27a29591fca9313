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
from ml.evaluation.benchmarks import LabeledDrawings
from ml.segmentation.costs import IMAGE_COSTS
from ml.synthesis.handwriting import write_digit, write_number
from ml.tuning import pictures
from ml.tuning.pictures import LEAST, SEARCHED, ImageObjective, as_pieces, drift, gather_pictures, with_strip
from ml.tuning.random_search import CachedScores, random_search
from tests.ml.conftest import drawn


class Gossip:
    """A reader whose network on strips says of all lines that they are 999."""

    def __init__(self, reader) -> None:
        self.calibration, self.score_candidates = reader.calibration, reader.score_candidates

    def read_line(self, strip) -> CtcOutput:
        return CtcOutput(20.0 * np.eye(BLANK + 1)[[9, BLANK, BLANK, BLANK] * 3])


TEXTS = ("407", "25 16", "8\n39")


def numbers(rng):
    return [drawn(write_number(text, rng=rng)) for text in TEXTS]


def digit(rng, label=3, side=60):
    strokes = write_digit(label, rng=rng)
    return drawn([stroke * side / 2 + side / 4 for stroke in strokes], size=(side, side), pen=4)


@pytest.fixture(scope="module")
def bench(request) -> ImageObjective:
    rng = np.random.default_rng(20)
    pages = as_pieces("numbers", 1.0, LabeledDrawings(numbers(rng), TEXTS))
    return ImageObjective(request.getfixturevalue("reader"), [pages])


def test_a_search_finds_better_weights_than_bad_ones(bench):
    bad = replace(IMAGE_COSTS, junk=0.01, segment=6.0, overlap=30.0)
    found = random_search(bench.loss, bad, SEARCHED, 15, seed=3, least=LEAST)
    assert found.loss < found.first == bench.loss(bad)
    assert found.loss == bench.loss(found.weights)


def test_the_same_seed_finds_the_same(bench):
    found, again = (random_search(bench.loss, IMAGE_COSTS, SEARCHED, 3, seed=1, least=LEAST) for _ in range(2))
    assert found == again
    assert found.loss <= found.first


def test_texts_are_counted_without_spaces(bench):
    assert bench.right(IMAGE_COSTS) == {"numbers": (3, 3)}
    assert bench.right(replace(IMAGE_COSTS, junk=0.001, segment=60.0))["numbers"][0] < 3


def test_sources_count_as_they_are_weighted(reader, rng):
    right, wrong = (
        as_pieces(name, weight, LabeledDrawings(numbers(rng), texts))
        for name, weight, texts in (("right", 3.0, TEXTS), ("wrong", 1.0, ("1", "2", "3")))
    )
    single = [ImageObjective(reader, [source]).loss(IMAGE_COSTS) for source in (right, wrong)]
    assert single[0] < 1 < single[1]
    assert ImageObjective(reader, [right, wrong]).loss(IMAGE_COSTS) == pytest.approx(
        0.75 * single[0] + 0.25 * single[1]
    )


def test_a_chance_is_the_confidence_of_the_reading(reader, rng):
    """One component, which is nothing or one digit."""
    [components] = as_pieces("digit", 1.0, LabeledDrawings([digit(rng)], ["3"])).components
    page = DrawingDecoder(components, IMAGE_COSTS)
    opinions = CachedScores(reader).of(page)
    chances = {text: math.exp(page.log_probability(text, *opinions)) for text in ("", *"0123456789")}
    reading = page.decode(*opinions, reader.calibration)
    assert len(page.candidates) == 1
    assert sum(chances.values()) == pytest.approx(1.0)
    assert reading.text == "3"
    assert chances["3"] == pytest.approx(reading.confidence, abs=1e-3)
    assert page.log_probability("33", *opinions) == -math.inf


def test_without_a_network_on_strips_their_weights_stay(reader, rng):
    deaf = Gossip(reader)
    deaf.read_line = None
    bench = ImageObjective(deaf, [as_pieces("numbers", 1.0, LabeledDrawings(numbers(rng), TEXTS))])
    assert not bench.has_strips
    assert with_strip(bench, IMAGE_COSTS) == IMAGE_COSTS


def test_with_one_they_are_those_that_cost_least(reader, rng):
    """A network that is sure of what the pictures do not say has no weight."""
    bench = ImageObjective(
        Gossip(reader), [as_pieces("numbers", 1.0, LabeledDrawings(numbers(rng)[:1], TEXTS[:1]))]
    )
    eager = replace(IMAGE_COSTS, ask=1.1)
    assert with_strip(bench, eager).strip == 0.0
    assert bench.surprise(replace(eager, strip=3.0)) > bench.surprise(replace(eager, strip=0.0))


def test_pictures_without_ink_are_left_out(rng):
    blank = np.full((60, 60), 255, np.uint8)
    assert as_pieces("digits", 1.0, LabeledDrawings([blank, digit(rng)], ["1", "3"])).texts == ["3"]


def test_what_makes_no_difference_stays():
    assert drift(IMAGE_COSTS, IMAGE_COSTS) == 0.0
    assert (
        0 < drift(replace(IMAGE_COSTS, junk=2.0), IMAGE_COSTS) < drift(replace(IMAGE_COSTS, junk=3.0), IMAGE_COSTS)
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
    monkeypatch.setattr(
        pictures, "find_image_components", lambda picture: picture
    )  # of 1,500 it would take seconds
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
        found = gather_pictures(tmp_path, seed=1)
    assert [source.name for source in found] == ["cheques learned from", "cheques kept aside"]
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
