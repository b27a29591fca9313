"""Data sets are read from files; a damaged file is named in the error. No test needs a real data set."""

from __future__ import annotations

import numpy as np
import pytest

from ml.data.loaders import DatasetError, load_mnist, load_strokes
from ml.data.lookalikes import stroke_label
from ml.data.splits import devices_left_out, held_out, roles_by_writer
from ml.labels import NOT_A_DIGIT, UNCLEAR


@pytest.fixture
def stroke_file(tmp_path):
    file = tmp_path / "strokes.npz"
    np.savez(
        file,
        label=np.array([3, 5], np.uint8),
        writer=np.array([1, 2]),
        test=np.array([False, True]),
        points=np.arange(14).reshape(7, 2).astype(np.int16),
        stroke_start=np.array([0, 3, 5, 7]),
        sample_start=np.array([0, 2, 3]),
    )
    return file


def test_strokes_are_cut_where_they_start(stroke_file):
    strokes = load_strokes(stroke_file)
    assert [len(drawing) for drawing in strokes.drawings] == [2, 1]
    assert [len(stroke) for stroke in strokes.drawings[0]] == [3, 2]
    assert strokes.drawings[1][0].tolist() == [[10, 11], [12, 13]]
    assert strokes.part(strokes.test).label.tolist() == [5]


def test_writers_are_held_out_whole():
    writers = np.repeat(np.arange(50), 20)
    aside = held_out(writers, 0.2, seed=1)
    assert 0.1 < aside.mean() <= 0.2
    assert not set(writers[aside]) & set(writers[~aside])
    assert np.array_equal(aside, held_out(writers, 0.2, seed=1))


def test_unknown_writers_are_held_out_sample_by_sample():
    assert held_out(np.full(5000, -1), 0.2, seed=1).mean() == pytest.approx(0.2, abs=0.03)


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"mnist\.npz"):
        load_mnist(tmp_path)
    np.savez(tmp_path / "mnist.npz", x_train=np.zeros((3, 28, 28), np.uint8))
    with pytest.raises(DatasetError, match=r"mnist\.npz"):
        load_mnist(tmp_path)
    (tmp_path / "strokes.npz").write_bytes(b"PK nothing")
    with pytest.raises(DatasetError, match=r"strokes\.npz"):
        load_strokes(tmp_path / "strokes.npz")


def test_every_large_set_has_writers_who_train_validate_and_are_strangers():
    writers = np.repeat(np.arange(30), 3)
    roles = roles_by_writer(writers, left_out=False)
    assert ((roles.train.astype(int) + roles.validate + roles.strange) == 1).all()
    assert len(np.unique(writers[roles.strange])) == len(np.unique(writers[roles.validate])) == 4
    assert roles_by_writer(writers, left_out=True).strange.all()


def test_unknown_devices_are_left_out_with_any_other():
    devices = np.array(["syn", "apa", "-", "apa"])
    assert not devices_left_out(devices, {"digilets"}, "unipen").any()
    assert devices_left_out(devices, {"unipen:apa"}, "unipen").tolist() == [False, True, True, True]
    with pytest.raises(DatasetError, match="no device 'xyz'"):
        devices_left_out(devices, {"unipen:xyz"}, "unipen")


@pytest.mark.parametrize(
    ("character", "label"),
    [("7", 7), ("A", NOT_A_DIGIT), ("O", UNCLEAR), ("+", NOT_A_DIGIT), ("/", UNCLEAR), ("\\\\", UNCLEAR),
     ('\\"', NOT_A_DIGIT), ("arrow", NOT_A_DIGIT), ("\\theta", UNCLEAR), ("1/2", NOT_A_DIGIT), ("-", NOT_A_DIGIT)],
)  # fmt: skip
def test_characters_of_stroke_sets_are_labeled_by_whether_some_take_them_for_digits(character, label):
    assert stroke_label(character) == label
