"""The data sets that training uses: their files, their sources, and how each is split into labeled ink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml.data.image_sets import split_cheques, split_kensanata, split_omniglot, split_semeion, split_sudoku
from ml.data.pen_sets import (
    split_by_writer,
    split_pendigits,
    split_uji,
    split_unipen,
    train_on_all,
    validate_on_all,
)
from ml.data.split_plan import SplitPlan, SplitSet

MNIST_FILE = "mnist.npz"
MNIST_SOURCE = "MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0"
CHEQUES_FILE = "orand_car_a.npz"


@dataclass(frozen=True)
class DataSet:
    """A data set in a file. `split` takes the file and the plan of the run, and raises DatasetError."""

    file: str
    source: str  # as it stands in artifact cards
    split: Callable[[Path, SplitPlan], SplitSet]

    @property
    def of_strokes(self) -> bool:
        """Whether it holds strokes; otherwise it holds pictures."""
        return self.file.endswith("_strokes.npz")


DATA_SETS = (
    DataSet(
        "pendigits_strokes.npz",
        "Pen-Based Recognition of Handwritten Digits, training part (Alpaydin, Alimoglu; UCI 81), CC BY 4.0",
        split_pendigits,
    ),
    DataSet(
        "uji_strokes.npz",
        "UJI Pen Characters, two thirds of the writers (Llorens and others; UCI 177), CC BY 4.0",
        split_uji,
    ),
    DataSet(
        "unipen_part_strokes.npz",
        "UNIPEN train_r01_v07, a part (Guyon and others 1994), published for building recognisers",
        split_unipen,
    ),
    DataSet(
        "digilets_strokes.npz",
        "DigiLeTs, five sevenths of the writers (University of Tuebingen), published for research",
        split_by_writer("digilets"),
    ),
    DataSet(
        "chars74k_strokes.npz",
        "Chars74K, tablet characters, for the calibration (de Campos, Babu, Varma 2009), free for research",
        validate_on_all("chars74k"),
    ),
    DataSet(
        "skahl_digits_strokes.npz",
        "pencil digits on a tablet, for the calibration (Skahl), Apache-2.0",
        validate_on_all("skahl"),
    ),
    DataSet(
        "lipitk_numerals_strokes.npz",
        "LipiTk numerals, for the calibration (Hewlett-Packard), MIT",
        validate_on_all("lipitk"),
    ),
    DataSet("me231_symbols_strokes.npz", "ME231 symbols, as what is no digit, MIT", train_on_all("me231")),
    DataSet("semeion.npz", "Semeion, digits of 50 of the 80 writers (Buscema; UCI 178), CC BY 4.0", split_semeion),
    DataSet(
        "omniglot_small.npz",
        "Omniglot, ten drawers of four alphabets, as what is no digit (Lake and others), MIT",
        split_omniglot,
    ),
    DataSet(
        CHEQUES_FILE,
        "ORAND-CAR-A, a third of the amounts (Diem and others; copy with labels: MIT)",
        split_cheques,
    ),
    DataSet(
        "kensanata_numbers.npz",
        "kensanata/numbers, scanned digits of five sevenths of the writers, public domain (copy: Apache-2.0)",
        split_kensanata,
    ),
    DataSet(
        "sudoku_cells.npz", "digits in photographed sudokus, five sevenths of the pages, CC BY 4.0", split_sudoku
    ),
)
