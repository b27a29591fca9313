"""The worker's reader follows the active version, and survives a broken one."""

import pytest

from ml.reader import SHIPPED
from recognizer import engine
from recognizer.models import Drawing, ModelVersion
from recognizer.services import training
from tests.conftest import ONE


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_current", None)
    monkeypatch.setattr(engine, "_looked_at", float("-inf"))
    monkeypatch.setattr(engine, "LOOK_SECONDS", -1.0)


@pytest.fixture
def shipped(db: None) -> ModelVersion:
    version, active = training.install_shipped()
    assert active
    return version


def test_it_works(shipped: ModelVersion, drawing: Drawing) -> None:
    current = engine.current()
    assert current.version_id == shipped.pk
    [reading] = current.read([engine.ink_of(drawing)])
    assert reading.text == "1"


def test_an_upload_is_decoded(shipped: ModelVersion, upload: Drawing) -> None:
    [reading] = engine.current().read([engine.ink_of(upload)])
    assert reading.state == "empty"


def test_a_live_request_of_either_kind(shipped: ModelVersion, upload: Drawing) -> None:
    import base64

    inks = [
        engine.ink_from({"strokes": ONE}),
        engine.ink_from({"png": base64.b64encode(bytes(upload.image)).decode()}),
    ]
    assert [reading.text for reading in engine.current().read(inks)] == ["1", ""]


def test_nothing_active(db: None) -> None:
    with pytest.raises(engine.NoActiveVersion):
        engine.current()
    assert engine.active_or_shipped().card


def test_another_version_takes_over(shipped: ModelVersion) -> None:
    engine.current()
    other = ModelVersion.objects.create(sha256="1" * 64, artifact=SHIPPED.read_bytes(), origin="trained")
    training.activate_version(version=other, instead_of=shipped)
    assert engine.current().version_id == other.pk


def test_a_broken_artifact_leaves_the_old_one_serving(shipped: ModelVersion) -> None:
    engine.current()
    broken = ModelVersion.objects.create(sha256="1" * 64, artifact=b"no zip", origin="trained")
    training.activate_version(version=broken, instead_of=shipped)
    assert engine.current().version_id == shipped.pk


def test_the_database_is_not_asked_for_every_drawing(
    shipped: ModelVersion, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    engine.current()
    monkeypatch.setattr(engine, "LOOK_SECONDS", 60.0)
    with django_assert_num_queries(0):
        engine.current()
