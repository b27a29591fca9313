"""A training that was stopped goes on to the same result, and only that training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.augmentation.sampling import mix_strokes
from ml.augmentation.synthetic_pool import SyntheticPool
from ml.augmentation.trajectory_batches import VariedTrajectories
from ml.data.corpus import CorpusSplit, LabeledInk, LabeledLines
from ml.training import train
from ml.training.checkpoints import Checkpoint, CheckpointError, CheckpointFile, Checkpoints, fingerprint
from ml.training.networks import build_trajectory_network
from ml.training.settings import TrainingSettings
from ml.training.train import NetworkTraining

SETTINGS = TrainingSettings(seed=3, epochs=3, examples=96, batch=32, weak_epochs=1, pool=40)
STEPS = SETTINGS.steps_per_epoch


class StoppedError(Exception):
    """Stands for whatever stops a training."""


class DrawnFrom:
    """A source that counts its draws, and stops the training at one of them."""

    def __init__(self, stop_at: int = -1) -> None:
        pool = SyntheticPool.write(SETTINGS.pool, SETTINGS.seed)
        self._source = VariedTrajectories(mix_strokes({}, pool))
        self._stop_at, self.drawn = stop_at, 0

    def draw(self, n, rng, strength):
        self.drawn += 1
        if self.drawn == self._stop_at:
            raise StoppedError
        return self._source.draw(n, rng, strength)


def values(model) -> list[bytes]:
    return [np.asarray(variable).tobytes() for variable in model.variables]


@pytest.fixture
def few_statistics(monkeypatch):
    monkeypatch.setattr(train, "_STATISTICS_STEPS", 4)


@pytest.fixture
def one_ahead(monkeypatch):
    """One batch is drawn ahead, so that it is known at which step the training stops."""
    monkeypatch.setattr(train, "_PREFETCHED", 1)


def training(source, file: CheckpointFile | None) -> NetworkTraining:
    return NetworkTraining(build_trajectory_network(SETTINGS.seed), lambda: source, SETTINGS, file=file)


@pytest.mark.slow  # imports TensorFlow, which takes seconds
def test_a_training_that_was_stopped_goes_on_to_the_same_network(tmp_path, few_statistics, one_ahead):
    whole = training(DrawnFrom(), None).from_scratch()
    file = Checkpoints(tmp_path, {}).file("trajectories")
    # In the middle of the second epoch: the first draw is the one that the fingerprint is of.
    with pytest.raises(StoppedError):
        training(DrawnFrom(1 + STEPS + 2), file).from_scratch()
    assert file.load().epoch == 1
    source, epochs, begun = DrawnFrom(), [], []
    parts = training(source, file).from_scratch(
        lambda epoch, *_: epochs.append(epoch), lambda *where: begun.append(where)
    )
    assert values(parts) == values(whole)
    assert epochs == [2, 3]
    assert begun == [(1, 3)]
    assert source.drawn == 1 + 2 * STEPS + 4 * 4  # nothing is trained again

    # A network that was finished is neither trained nor given a source again.
    def refuse():
        raise AssertionError("A finished network was trained again.")

    finished = NetworkTraining(build_trajectory_network(SETTINGS.seed), refuse, SETTINGS, file=file)
    assert values(finished.from_scratch()) == values(whole)


@pytest.mark.slow
def test_batches_that_are_drawn_otherwise_are_refused(tmp_path):
    file = CheckpointFile(tmp_path / "trajectories.npz")
    file.save(Checkpoint(1, 0.5, "other batches", []))
    with pytest.raises(CheckpointError, match="drawn otherwise"):
        training(DrawnFrom(), file).from_scratch()


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    file = Checkpoints(tmp_path, {}).file("glyphs")
    assert file.load() is None
    variables: list[np.ndarray] = [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.array(7, np.int64),
        np.array([1, 2], np.uint32),
    ]
    for epoch in (1, 2):
        file.save(Checkpoint(epoch, 0.25, "abc", variables, finished=epoch == 2))
    stored = file.load()
    assert (stored.epoch, stored.loss, stored.batches, stored.finished) == (2, 0.25, "abc", True)
    assert [(v.dtype, v.tolist()) for v in stored.variables] == [(v.dtype, v.tolist()) for v in variables]


def test_a_crash_while_a_checkpoint_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    file = Checkpoints(tmp_path, {}).file("glyphs")
    file.save(Checkpoint(1, 0.5, "", [np.zeros(3)]))

    def crash(*_args):
        raise StoppedError

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(StoppedError):
        file.save(Checkpoint(2, 0.4, "", [np.ones(3)]))
    assert file.load().epoch == 1


def test_a_folder_belongs_to_one_training(tmp_path):
    folder = tmp_path / "reader.checkpoints"
    Checkpoints(folder, {"settings": "a", "data": "b"})
    Checkpoints(folder, {"settings": "a", "data": "b"})
    with pytest.raises(CheckpointError, match="with other data"):
        Checkpoints(folder, {"settings": "a", "data": "c"})
    with pytest.raises(CheckpointError, match="with other settings and data"):
        Checkpoints(folder, {"settings": "x", "data": "c"})


def test_what_is_removed_is_only_what_was_written(tmp_path):
    folder = tmp_path / "reader.checkpoints"
    for kept in ([], [folder / "notes.txt"]):
        checkpoints = Checkpoints(folder, {})
        checkpoints.file("glyphs").save(Checkpoint(1, 0.5, "", []))
        for file in kept:
            file.write_text("mine")
        checkpoints.remove()
        assert (sorted(folder.iterdir()) if folder.exists() else []) == kept


def test_other_data_have_another_fingerprint():
    drawing = [np.zeros((4, 2), np.float32), np.ones((3, 2), np.float32)]
    ink = LabeledInk([drawing, drawing], np.array([1, 2]))
    no_lines = LabeledLines([], [])
    split = CorpusSplit({"pen": ink}, {}, no_lines, no_lines, ("pen",), {})
    others = [
        replace(split, training={"pencil": ink}),
        replace(split, training={"pen": replace(ink, labels=np.array([1, 3]))}),
        replace(split, training={"pen": replace(ink, ink=[drawing, drawing[::-1]])}),
        replace(split, training={"pen": replace(ink, ink=[[*drawing, drawing[0]], drawing[1:]])}),
        replace(split, training={"pen": replace(ink, writers=np.array([1, 2]))}),
        replace(split, lines=LabeledLines([np.zeros((2, 3), np.uint8)], [(1,)])),
        replace(split, sources=("pencil",)),
    ]
    assert fingerprint(split) == fingerprint(replace(split))
    assert len({fingerprint(each) for each in [split, *others]}) == 1 + len(others)
