"""Who writes the numbers that are fitted to, and what."""

from __future__ import annotations

import numpy as np
import pytest

from ml.data.corpus import LabeledInk
from ml.data.loaders import DatasetError
from ml.synthesis.handwriting import write_digit
from ml.synthesis.number_cases import synthetic_writer
from ml.tuning.writers import PenWriters, choose_recorded_writer, pen_digits, with_many_ones


def test_those_who_train_are_others_than_those_who_validate(folder):
    writers = PenWriters.gather(folder, {"settings": {"seed": 1, "validation": 0.1}})
    assert writers.training.keys() == {"pendigits", "digilets_digits", "digilets_letters"}
    assert 5 < len(np.unique(writers.training["pendigits"].writers)) < 10
    strangers, validating = {103, 110}, {106}
    assert not {*writers.training["digilets_digits"].writers} & (strangers | validating)
    assert {*writers.validation["digilets_digits"].writers} == validating
    choose_writer = choose_recorded_writer(pen_digits(writers.training))
    rng = np.random.default_rng(0)
    assert {choose_writer(rng)(rng)[0] for _ in range(60)} == {3, 4, 7}


def test_a_writer_with_zeros_may_draw_an_eight_as_two_rings(rng):
    labels = np.array([0, 8] * 5)
    drawings = [write_digit(int(label), rng=rng, style="round" if label == 0 else "snake") for label in labels]
    choose_writer = choose_recorded_writer([LabeledInk(drawings, labels)])
    eights = [strokes for _ in range(100) for label, strokes in [choose_writer(rng)(rng)] if label == 8]
    assert {1, 2} <= {len(strokes) for strokes in eights}


def test_many_ones_are_written_by_a_share_of_the_writers(rng):
    choose = with_many_ones(synthetic_writer, 0.5)
    shares = [
        np.mean([choose_one(rng)[0] == 1 for _ in range(40)]) for choose_one in (choose(rng) for _ in range(40))
    ]
    assert 8 < sum(share > 0.4 for share in shares) < 32


def test_a_folder_without_recorded_digits_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="digits"):
        PenWriters.gather(tmp_path, {})
