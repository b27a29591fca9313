"""Whoever can write to Redis or to the database disturbs the site, and runs nothing on it."""

from __future__ import annotations

import pytest
from celery import current_app
from django.conf import settings
from django.core import signing
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads

# Every task that a message or a planned row can name. A new one is looked at: what can be done by naming it?
HARMLESS = {
    "recognizer.tasks.read_waiting", "recognizer.tasks.read_live", "recognizer.tasks.explain",
    "recognizer.tasks.reconcile", "recognizer.tasks.retrain_on_schedule", "recognizer.tasks.read_shadow",
    "recognizer.tasks.train", "recognizer.tasks.export", "recognizer.tasks.write_export", "recognizer.tasks.purge",
    "recognizer.tasks.score_review_items",
}  # fmt: skip


def test_the_tasks_that_can_be_named_are_known() -> None:
    current_app.loader.import_default_modules()
    assert {name for name in current_app.tasks if not name.startswith("celery.")} == HARMLESS


@pytest.mark.parametrize("kind", ["application/x-python-serialize", "pickle", "application/x-yaml"])
def test_workers_open_no_message_that_could_carry_code(kind: str) -> None:
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    accepted = ["application/json"]
    with pytest.raises(ContentDisallowed):
        loads(b"cos\nsystem\n(S'true'\ntR.", kind, "binary", accept=accepted)


def test_sessions_are_signed_json(settings) -> None:
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"
    from django.contrib.sessions.backends.db import SessionStore

    planted = signing.dumps({"_auth_user_id": "1"}, key="another secret " * 4, compress=True)
    assert SessionStore().decode(planted) == {}
