"""The regression sets are the same in every run, and contain nothing of writers who train."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ml.data.loaders import DatasetError
from ml.data.splits import held_out, pen_digits_to_validate_on
from ml.evaluation import golden_cases
from ml.evaluation.comparison import GOLDEN, EvaluationSet, evaluate_set
from ml.evaluation.regression_sets import SetSizes, regression_sets
from ml.synthesis.handwriting import SIGN_KINDS, STYLES
from ml.synthesis.number_cases import NUMBER_CASES

FEW = SetSizes(digits=2, numbers=1, photos=7, junk=1)


@pytest.fixture(scope="module")
def sets() -> dict[str, EvaluationSet]:
    return {drawn.name: drawn for drawn in regression_sets(sizes=FEW)}


@pytest.fixture
def folder(tmp_path):
    """MNIST by 400 writers, each glyph saying who wrote it, its test part blank; pen digits of ten."""
    glyphs = np.zeros((60_000, 28, 28), np.uint8)
    writers = np.arange(60_000) // 150
    glyphs[:, 0, 0], glyphs[:, 0, 1] = 1 + writers // 256, writers % 256
    test = {"x_test": np.zeros((10_000, 28, 28), np.uint8), "y_test": np.zeros(10_000, np.uint8)}
    labels = np.arange(60_000) % 10
    np.savez_compressed(tmp_path / "mnist.npz", x_train=glyphs, y_train=labels, writer_train=writers, **test)
    rng = np.random.default_rng(0)
    starts = np.arange(0, 2 * 100 + 1, 2)
    np.savez(
        tmp_path / "pendigits_strokes.npz",
        label=np.arange(100) % 10,
        writer=np.arange(100) // 10,
        test=np.arange(100) >= 80,
        points=rng.integers(0, 100, (200, 2)).astype(np.int16),
        stroke_start=starts,
        sample_start=np.arange(101),
    )
    return tmp_path


def test_every_style_case_and_sign_is_there(sets):
    assert list(sets) == ["digits", "numbers", "photos", "junk", GOLDEN]
    assert len(sets["digits"].items) == 2 * sum(map(len, STYLES.values()))
    assert Counter(i.text for i in sets["digits"].items) == {str(d): 2 * len(STYLES[d]) for d in range(10)}
    assert [i.id.split("/")[1] for i in sets["numbers"].items] == list(NUMBER_CASES)
    assert {i.id.split("/")[1] for i in sets["junk"].items} == set(SIGN_KINDS)
    assert {i.text for i in sets["junk"].items} == {""}
    assert len({i.id for s in sets.values() for i in s.items}) == sum(len(s.items) for s in sets.values())


def test_numbers_are_short_and_photographs_grey(sets):
    assert all(1 <= len("".join(i.text.split())) <= 4 for i in sets["numbers"].items)
    assert all(i.ink.dtype == np.uint8 and i.ink.ndim == 2 for i in sets["photos"].items)
    assert len({i.ink.tobytes() for i in sets["photos"].items}) == 7


def test_the_same_items_are_drawn_in_every_run(sets):
    assert [s.digest for s in regression_sets(sizes=FEW)] == [s.digest for s in sets.values()]


def test_more_items_leave_the_others_unchanged(sets):
    more = regression_sets(sizes=SetSizes(digits=3, numbers=1, photos=0, junk=0))
    ids = [i.id for i in sets["digits"].items]
    kept = EvaluationSet("digits", [i for i in more[0].items if i.id in ids])
    assert kept.digest == sets["digits"].digest


def test_recorded_digits_are_by_writers_who_never_train(folder):
    mnist, pen = regression_sets(folder, SetSizes(0, 0, 0, 0))[-2:]
    writers = np.arange(60_000) // 150
    strangers = set(writers[held_out(writers, 0.1, seed=0)].tolist())
    assert len(mnist.items) == 150 * len(strangers) == 6000
    assert {256 * (int(i.ink[0, 0]) - 1) + int(i.ink[0, 1]) for i in mnist.items} == strangers
    assert all(i.text == i.id[-1] for i in mnist.items)
    assert mnist.glyphs
    assert [i.id for i in pen.items] == [
        f"pen/{i}" for i in np.flatnonzero(pen_digits_to_validate_on(np.arange(80) // 10))
    ]


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"nothing")
    with pytest.raises(DatasetError, match=r"mnist\.npz"):
        regression_sets(tmp_path, SetSizes(0, 0, 0, 0))


def test_the_shipped_reader_reads_golden_cases_right_and_surely(reader, sets):
    """When another reader ships, look at what it misreads here, and add it to `golden_cases._LEFT_OUT`."""
    items = evaluate_set(reader, sets[GOLDEN]).items
    assert 200 <= len(items) <= 300
    assert [i.id for i in items if not i.right or i.confidence < golden_cases.MIN_CONFIDENCE] == []
    assert {i.expected for i in items} == set("0123456789")
