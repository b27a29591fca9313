"""Each data set is split by writer, device or page, and says who is a stranger to the run."""

from __future__ import annotations

import numpy as np
import pytest

from ml.data.cells import cut_digit
from ml.data.gathering import gather_local_corpus
from ml.data.split_plan import SplitPlan
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


def test_a_device_that_is_not_there_cannot_be_left_out(pens):
    with pytest.raises(ValueError, match="no device 'wacom'"):
        gather_local_corpus(pens, SplitPlan(0.1, 1, frozenset({"unipen:wacom"})))


def test_cells_are_split_by_writer_and_cut_like_the_reader_cuts(tmp_path, rng):
    cells = [255 - drawn([40 * stroke + 12 for stroke in write_digit(4, rng=rng)], (64, 64), 3) for _ in range(14)]
    writers = np.repeat(np.arange(7), 2)
    np.savez(tmp_path / "kensanata_numbers.npz", x=255 - np.stack(cells), y=np.full(14, 4), writer=writers)
    split = gather_local_corpus(tmp_path, SplitPlan(0.1, 1))
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
