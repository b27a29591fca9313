"""list_models, promote_model and rollback_model: what people read, what machines read, and every refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from recognizer.models import ModelVersion, Promotion
from recognizer.services import model_versions
from tests.conftest import register_another


@pytest.fixture
def shipped(db: None) -> ModelVersion:
    return model_versions.install_shipped()[0]


def said(capsys: pytest.CaptureFixture[str], *words: Any) -> str:
    call_command(*map(str, words))
    return capsys.readouterr().out


def test_all_versions_are_listed(shipped: ModelVersion, capsys) -> None:
    other = register_another(parent=shipped, artifact=None)
    first, second = said(capsys, "list_models").splitlines()
    assert first.split()[0] == f"v{other.pk}"
    assert first.endswith("pruned")
    assert second.endswith("reads")
    found = json.loads(said(capsys, "list_models", "--json"))
    assert [(row["version"], row["active"], row["parent"]) for row in found] == [
        (other.pk, False, shipped.pk),
        (shipped.pk, True, None),
    ]


def test_a_version_is_promoted_by_force_with_a_reason(shipped: ModelVersion, capsys) -> None:
    other = register_another()
    out = said(capsys, "promote_model", other.pk, "--force", "--reason", "an emergency", "--json")
    assert json.loads(out) == {"version": other.pk, "replaced": shipped.pk, "kind": "forced"}
    assert model_versions.active_version() == other


@pytest.mark.parametrize("words", [[], ["--force"], ["--reason", "because"]])
def test_without_force_or_reason_it_is_not(shipped: ModelVersion, words: list[str]) -> None:
    other = register_another()
    with pytest.raises(CommandError):
        call_command("promote_model", str(other.pk), *words)
    assert model_versions.active_version() == shipped


def test_a_version_that_does_not_exist_is_named(shipped: ModelVersion) -> None:
    with pytest.raises(CommandError, match="There is no model version 99"):
        call_command("promote_model", "99")


def test_going_back(shipped: ModelVersion, capsys) -> None:
    other = register_another()
    model_versions.promote_version(version=other, instead_of=shipped, kind=Promotion.Kind.CHOSEN)
    assert said(capsys, "rollback_model", "--reason", "worse sevens") == f"{shipped} reads again.\n"
    assert Promotion.objects.first().reason == "worse sevens"
    with pytest.raises(CommandError, match="no version to go back to"):
        call_command("rollback_model")
