"""The worker's reader follows the active version, and survives a broken one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from recognizer import tasks
from recognizer.models import Drawing, ModelVersion, Promotion
from recognizer.services import model_versions
from recognizer.serving import engine
from tests.conftest import ONE, register_another


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_current", None)
    monkeypatch.setattr(engine, "_looked_at", float("-inf"))
    monkeypatch.setattr(engine, "LOOK_SECONDS", -1.0)


@pytest.fixture
def shipped(db: None) -> ModelVersion:
    version, active = model_versions.install_shipped()
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
        engine.ink_of_request({"strokes": ONE}),
        engine.ink_of_request({"image": base64.b64encode(bytes(upload.image)).decode()}),
    ]
    assert [reading.text for reading in engine.current().read(inks)] == ["1", ""]


def test_nothing_active(db: None) -> None:
    with pytest.raises(engine.NoActiveVersion):
        engine.current()
    assert engine.active_or_shipped().card


def promote(version: ModelVersion) -> None:
    model_versions.promote_version(
        version=version, instead_of=model_versions.active_version(), kind=Promotion.Kind.CHOSEN
    )


def test_another_version_takes_over(shipped: ModelVersion) -> None:
    engine.current()
    other = register_another()
    promote(other)
    assert engine.current().version_id == other.pk


def flipped(artifact: bytes) -> bytes:
    return artifact[:1000] + bytes([artifact[1000] ^ 1]) + artifact[1001:]


@pytest.mark.parametrize("damage", ["byte", "signature", "sum", "secret"])
def test_a_broken_artifact_leaves_the_old_one_serving_and_raises_an_alarm(
    shipped: ModelVersion, damage: str, settings
) -> None:
    engine.current()
    broken = register_another()
    match damage:
        case "byte":
            ModelVersion.objects.filter(pk=broken.pk).update(artifact=flipped(bytes(broken.artifact)))
        case "signature":
            ModelVersion.objects.filter(pk=broken.pk).update(signature="0" * 64)
        case "sum":
            ModelVersion.objects.filter(pk=broken.pk).update(sha256="1" * 64)
        case "secret":
            settings.SECRET_KEY = "another secret " * 4
    promote(broken)
    assert engine.current().version_id == shipped.pk
    tasks.report_trouble()
    broken.refresh_from_db()
    assert str(broken.pk) in broken.trouble
    assert broken.trouble_at


def test_a_secret_that_was_replaced_still_opens_what_it_signed(shipped: ModelVersion, settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret " * 4
    assert engine.current().version_id == shipped.pk


def test_the_alarm_is_over_when_the_version_can_be_opened_again(shipped: ModelVersion) -> None:
    engine.current()
    broken = register_another()
    signature = broken.signature
    ModelVersion.objects.filter(pk=broken.pk).update(signature="0" * 64)
    promote(broken)
    engine.current()
    tasks.report_trouble()
    ModelVersion.objects.filter(pk=broken.pk).update(signature=signature)
    tasks.report_trouble()
    broken.refresh_from_db()
    assert broken.trouble  # another worker may still have it
    ModelVersion.objects.update(trouble_at=timezone.now() - timedelta(minutes=4))
    tasks.report_trouble()
    broken.refresh_from_db()
    assert not broken.trouble
    assert engine.current().version_id == broken.pk


def test_the_database_is_not_asked_for_every_drawing(
    shipped: ModelVersion, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    engine.current()
    monkeypatch.setattr(engine, "LOOK_SECONDS", 60.0)
    with django_assert_num_queries(0):
        engine.current()
