"""A shipped version beside the version that a site has trained: it passes and takes over, or stays registered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from ml.evaluation import regression_sets
from ml.evaluation.promotion_gates import UPDATE_LIMITS, GateLimits, judge_challenger
from ml.synthesis.handwriting import write_digit
from recognizer.models import Drawing, ModelVersion, Promotion, TrainingRun, TrainingSample
from recognizer.services import model_versions, predictions, reviews, training_runs
from recognizer.training import pipeline, writer_roles
from tests.conftest import register_another, register_own
from tests.recognizer.course import decide

State, Kind = TrainingRun.State, Promotion.Kind


@pytest.fixture
def own(db: None) -> ModelVersion:
    return register_own()


@pytest.fixture
def shipped(own: ModelVersion) -> ModelVersion:
    version, active = model_versions.install_shipped()
    assert not active
    return version


@pytest.fixture
def reviewed(owner: User, reviewer: User, monkeypatch: pytest.MonkeyPatch) -> list[Drawing]:
    """Drawings of a 3 and a 5 by a held-out writer, and one of a 7 by a writer who trains."""
    drawings = []
    rng = np.random.default_rng(4)
    for user, label in ((owner, 3), (owner, 5), (reviewer, 7)):
        User.objects.filter(pk=user.pk).update(may_train=True)
        strokes = [np.round(100 * stroke, 2).tolist() for stroke in write_digit(label, rng=rng)]
        drawing = predictions.submit_strokes(user=user, strokes=strokes)
        correction = reviews.correct_drawing(drawing=drawing, user=user, text=str(label))
        decide(correction.drawing, reviewer, correction.text)
        drawings.append(drawing)
    monkeypatch.setattr(writer_roles, "_group", lambda writer_id: 0 if writer_id == owner.pk else 2)
    return drawings


def compare(monkeypatch: pytest.MonkeyPatch, *, passes: bool = False) -> TrainingRun:
    """Carry a comparison through, on one drawing of each style; the gates decide, or let it pass."""
    few = regression_sets.regression_sets(sizes=regression_sets.SetSizes(digits=1, numbers=1, photos=1, junk=1))
    monkeypatch.setattr(regression_sets, "regression_sets", lambda data: few[:1])

    def decide_as_told(before: Any, after: Any, limits: GateLimits, first: Any) -> Any:
        assert limits == UPDATE_LIMITS
        verdict = judge_challenger(before, after, limits, first)

        class AsTold:
            def as_json(self) -> dict[str, Any]:
                return {**verdict.as_json(), **({"passed": True} if passes else {})}

        return AsTold()

    monkeypatch.setattr(pipeline, "judge_challenger", decide_as_told)
    run = training_runs.start_comparison()
    assert run
    return pipeline.train_run(run.pk)


def test_one_that_passes_takes_over_and_can_be_taken_back(
    own: ModelVersion, shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = compare(monkeypatch, passes=True)
    assert (run.state, run.version, run.base) == (State.PROMOTED, shipped, own)
    assert model_versions.active_version() == shipped
    assert shipped.promotions.get().kind == Kind.AUTOMATIC
    shipped.refresh_from_db()
    assert (shipped.origin, shipped.parent) == ("shipped", None)
    # Only drawings of the held-out writer are examined, and nothing counts as learned.
    samples = {sample.drawing_id: sample for sample in run.samples.all()}
    assert samples.keys() == {reviewed[0].pk, reviewed[1].pk}
    assert all(sample.after_state and sample.role == "held_out" for sample in samples.values())
    assert not TrainingSample.objects.trained().exists()
    gates = {gate["name"]: gate for gate in run.verdict["gates"]}
    assert gates["better"]["figures"]["n"] == 2
    assert gates["size"]["figures"]["allowed"] == UPDATE_LIMITS.larger
    assert "drift" in gates
    assert model_versions.rollback().version == own
    assert training_runs.start_comparison(retry=True) is None
    assert Drawing.objects.count() == len(reviewed)


def test_one_that_fails_stays_registered_and_may_be_promoted_by_hand(
    own: ModelVersion, shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = compare(monkeypatch)
    assert (run.state, run.version) == (State.REJECTED, shipped)
    [better] = [gate for gate in run.verdict["gates"] if gate["name"] == "better"]
    assert not better["passed"]
    assert better["figures"]["n"] == 2
    assert run.reason.startswith("Not better: ")
    assert model_versions.active_version() == own
    with pytest.raises(ValidationError, match="did not pass all gates"):
        training_runs.promote_version(version=shipped, by=None)
    training_runs.promote_version(version=shipped, by=None, force=True, reason="It reads our forms.")
    assert model_versions.active_version() == shipped


def test_one_that_was_to_be_compared_with_another_version_is_left_to_the_next_run(
    own: ModelVersion, shipped: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = training_runs.start_comparison()
    assert run
    newer = register_another("newer", parent=own)
    model_versions.promote_version(version=newer, instead_of=own, kind=Kind.CHOSEN)
    ended = pipeline.train_run(run.pk)
    assert ended.state == State.SKIPPED
    assert training_runs.start_comparison().base == newer
