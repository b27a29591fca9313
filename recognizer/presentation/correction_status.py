"""What became of a correction: from the claim, its review and the ledger of training, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recognizer.models import Correction, ModelVersion, Review, TrainingRun, TrainingSample
from recognizer.presentation.learning import LEARNING

Role, State = TrainingSample.Role, TrainingRun.State

_DID = {
    Role.TRAIN: "Reviewed, and trained into version {}",
    Role.VALIDATE: "Reviewed, and helped to choose the weights of version {}",
    Role.HELD_OUT: "Reviewed, and kept to examine version {}",
}
_NEVER = "One writer in five never trains, so that versions are judged by hands they do not know. You are one."


@dataclass(frozen=True)
class CorrectionStatus:
    """What became of it: `stage` is how far it came, `may_consent` whether consent is what it lacks."""

    stage: str
    sentences: tuple[str, ...]
    may_consent: bool = False


def correction_status(
    claim: Correction | None, samples: Sequence[TrainingSample], *, may_train: bool
) -> CorrectionStatus | None:
    """None where nobody corrected anything.

    `samples` are those of the drawing as `TrainingSampleQuerySet.of_drawings` orders them; those of an older claim
    are passed over.
    """
    if claim is None:
        return None
    if claim.verdict != Review.Verdict.ACCEPTED:
        return _undecided_or_refused(claim)
    mine = [sample for sample in samples if sample.review_id == claim.review.pk]
    used = next((s for s in mine if s.role in _DID and s.run.version is not None), None)
    if used is not None:
        return _used(used, may_train)
    return _unused(mine, may_train)


def _undecided_or_refused(claim: Correction) -> CorrectionStatus:
    if claim.verdict == Review.Verdict.REFUSED:
        return CorrectionStatus("refused", ("Nothing learns from it, because a reviewer disagrees.",))
    return CorrectionStatus("waiting", ("It waits for a reviewer.", LEARNING))


def _unused(mine: Sequence[TrainingSample], may_train: bool) -> CorrectionStatus:
    if not may_train:
        why = "Reviewed. It trains nothing, because you have not allowed that."
        return CorrectionStatus("no_consent", (why,), may_consent=True)
    last = max(mine, key=lambda sample: sample.run_id, default=None)
    if last is not None and last.role == Role.SET_ASIDE:
        why = f"Reviewed, but the last training set it aside: {last.reason}"
        return CorrectionStatus("set_aside", (why,))
    return CorrectionStatus("accepted", ("Reviewed. It waits for the next training.",))


def _used(sample: TrainingSample, may_train: bool) -> CorrectionStatus:
    version = sample.run.version
    assert version is not None
    did = _DID[Role(sample.role)].format(version.pk)
    sentences = [f"{did}, {_fate(sample, version)}."]
    if sample.role == Role.HELD_OUT:
        sentences.append(_NEVER)
    if not may_train:
        sentences.append("You have withdrawn your consent since: the next training does without it.")
    return CorrectionStatus(str(sample.role), tuple(sentences))


def _fate(sample: TrainingSample, version: ModelVersion) -> str:
    """Whether the version reads, and what it makes of the drawing where somebody looked."""
    it_as = f"it as {sample.read_after}" if sample.after_state else ""
    if version.active:
        return f"which now reads {it_as}".rstrip()
    if sample.run.state == State.CANDIDATE:
        return f"which reads {it_as} and waits to be promoted" if it_as else "which waits to be promoted"
    if sample.run.state == State.REJECTED:
        return f"which reads {it_as} but is not in use" if it_as else "which is not in use"
    return f"which read {it_as} until another took its place" if it_as else "whose place another has taken"


def one_line(sample: TrainingSample) -> str:
    """One line for a list, of a sample of the version that reads today; "" where it taught nothing."""
    if sample.role not in _DID:
        return ""
    reads = f", which now reads it as {sample.read_after}" if sample.after_state else ""
    kept = "Kept to examine" if sample.role == Role.HELD_OUT else "Trained into"
    return f"{kept} version {sample.run.version_id}{reads}."
