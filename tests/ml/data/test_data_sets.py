"""Each data set is split by writer, device or page, and says who is a stranger to the run."""

from __future__ import annotations

import numpy as np
import pytest

from ml.data.cells import cut_digit
from ml.data.gathering import gather_local_corpus
from ml.data.loaders import DatasetError
from ml.data.split_plan import CAN_BE_LEFT_OUT, SplitPlan
from ml.labels import NOT_A_DIGIT, UNCLEAR
from ml.synthesis.handwriting import write_digit, write_sign
from tests.ml.conftest import drawn


@pytest.fixture
def pens(tmp_path, rng):
    """A folder in which eight writers drew a digit, two letters and a sign each, on devices of four writers."""
    characters = [*"3AO+" * 8]
    drawings = [write_digit(3, rng=rng) if c == "3" else write_sign(rng, "plus") for c in characters]
    strokes = [100 * stroke for drawing in drawings for stroke in drawing]
    writers = np.repeat(np.arange(8), 4)
    arrays = {
        "label": np.array(characters),
        "writer": writers,
        "points": np.concatenate(strokes),
        "stroke_start": np.cumsum([0, *map(len, strokes)]),
        "sample_start": np.cumsum([0, *map(len, drawings)]),
    }
    devices = np.array(["syn", "apa", "-", "apb"])[writers // 2]
    np.savez(tmp_path / "unipen_part_strokes.npz", device=devices, **arrays)
    for name in ("digilets", "chars74k", "me231_symbols"):
        np.savez(tmp_path / f"{name}_strokes.npz", **arrays)
    return tmp_path


def test_all_devices_train_unless_one_is_left_out(pens):
    split = gather_local_corpus(pens, SplitPlan(0.1, 1))
    assert split.training["unipen_digits"].writers.tolist() == [*range(8)]
    assert split.strangers["unipen"] == []
    split = gather_local_corpus(pens, SplitPlan(0.1, 1, frozenset({"unipen:syn"})))
    assert split.training["unipen_digits"].writers.tolist() == [2, 3, 6, 7]
    assert split.strangers["unipen"] == [0, 1, 4, 5]


def test_letters_and_signs_are_one_part(pens):
    letters = gather_local_corpus(pens, SplitPlan(0.1, 1)).training["unipen_letters"]
    assert letters.labels.tolist() == [NOT_A_DIGIT, UNCLEAR, NOT_A_DIGIT] * 8


def test_writers_of_a_large_set_train_validate_or_are_strangers(pens):
    split = gather_local_corpus(pens, SplitPlan(0.1, 1))
    assert split.strangers["digilets"] == [3]
    assert split.validation["digilets_digits"].writers.tolist() == [6]
    assert UNCLEAR not in split.validation["digilets_letters"].labels
    assert split.training["digilets_digits"].writers.tolist() == [0, 1, 2, 4, 5, 7]
    split = gather_local_corpus(pens, SplitPlan(0.1, 1, frozenset({"digilets"})))
    assert "digilets_digits" not in split.training
    assert split.strangers["digilets"] == [*range(8)]


def test_what_calibrates_does_not_train(pens):
    split = gather_local_corpus(pens, SplitPlan(0.1, 1))
    assert "chars74k_digits" not in split.training
    assert len(split.validation["chars74k_digits"].labels) == 8


@pytest.mark.parametrize("name", ["digilet", "unipen", "unipen:wacom", "pendigits", "uji", "mnist", "chars74k"])
def test_what_cannot_be_left_out_is_refused(name):
    with pytest.raises(ValueError, match=rf"^{name} cannot be left out\. Choose from digilets, .*unipen:syn\.$"):
        SplitPlan(0.1, 1, frozenset({"digilets", name}))


def test_a_device_that_is_not_there_cannot_be_left_out(pens):
    with pytest.raises(DatasetError, match="no device 'imp'"):
        gather_local_corpus(pens, SplitPlan(0.1, 1, frozenset({"unipen:imp"})))


@pytest.fixture
def cells(tmp_path, rng):
    """A folder in which seven people wrote two digits each into scanned cells, and into sudokus."""
    pictures = [255 - drawn([40 * s + 12 for s in write_digit(4, rng=rng)], (64, 64), 3) for _ in range(14)]
    arrays = {"x": 255 - np.stack(pictures), "y": np.full(14, 4)}
    writers = np.repeat(np.arange(7), 2)
    np.savez(tmp_path / "kensanata_numbers.npz", writer=writers, **arrays)
    np.savez(tmp_path / "sudoku_cells.npz", page=writers, **arrays)
    return tmp_path


# By data set, as many writers of the files above: of UNIPEN those of one device, and of an unknown one.
WRITERS = {"unipen": 6, "digilets": 8, "me231": 8, "kensanata": 7, "sudoku": 7}


@pytest.mark.parametrize("name", CAN_BE_LEFT_OUT)
def test_what_is_left_out_neither_trains_nor_validates(name, pens, cells):
    """Each writer of the data sets, and of the devices, who can be left out is a stranger."""
    data_set, _, device = name.partition(":")
    if device:
        file = pens / "unipen_part_strokes.npz"
        arrays = dict(np.load(file))
        devices = np.array([device, device, "-", "other"])[arrays["writer"] // 2]
        np.savez(file, **{**arrays, "device": devices})
    split = gather_local_corpus(pens, SplitPlan(0.1, 1, frozenset({name})))
    strange = {*range(WRITERS[data_set])}
    assert {*split.strangers[data_set]} == strange
    parts = [*split.training.items(), *split.validation.items()]
    own = [part for part_name, part in parts if part_name.split("_")[0] == data_set]
    assert not strange & {writer for part in own for writer in part.writers.tolist()}
    assert len(own) == (2 if device else 0)  # digits and letters of the other device
    assert len(parts) > 4  # nothing else is kept away


def test_cells_are_split_by_writer_and_cut_like_the_reader_cuts(cells):
    split = gather_local_corpus(cells, SplitPlan(0.1, 1))
    assert split.strangers["kensanata"] == [3]
    assert split.validation["kensanata"].writers.tolist() == [6, 6]
    assert len(split.training["kensanata"].labels) == 10
    assert split.training["kensanata"].glyphs.shape[1:] == (28, 28)


def test_bits_of_a_neighbour_at_the_edge_are_cut_away(rng):
    digit = drawn([40 * stroke + 12 for stroke in write_digit(3, rng=rng, style="round")], (64, 64), 3)
    with_bit = digit.copy()
    with_bit[:12, -3:] = 0
    assert np.abs(cut_digit(digit).astype(int) - cut_digit(with_bit)).mean() < 2
    assert cut_digit(np.full((64, 64), 255, np.uint8)) is None
