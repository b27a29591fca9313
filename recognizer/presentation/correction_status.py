"""The status of a correction for its writer: from its review and the ledger of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recognizer.models import Drawing, ModelVersion, Review, TrainingRun, TrainingSample
from recognizer.models.drawing import in_one_line
from recognizer.presentation.learning import LEARNING

Role, State = TrainingSample.Role, TrainingRun.State

_DID = {
    Role.TRAIN: "Reviewed, and trained into version {}",
    Role.VALIDATE: "Reviewed, and helped to choose the weights of version {}",
    Role.HELD_OUT: "Reviewed, and kept to examine version {}",
}
_HELD_OUT = (
    "One writer in five never trains, so that versions are judged on handwriting they have not learned. "
    "You are one."
)


@dataclass(frozen=True)
class CorrectionStatus:
    """`stage` is a name for tests and styles; `may_consent` is true if only the writer's consent is missing."""

    stage: str
    sentences: tuple[str, ...]
    may_consent: bool = False


def correction_status(
    drawing: Drawing, samples: Sequence[TrainingSample], *, may_train: bool
) -> CorrectionStatus | None:
    """The status of the correction in force, None if there is no correction.

    `samples` are the samples of the drawing in the order of `TrainingSampleQuerySet.of_drawings`; samples of an
    older verdict are ignored.
    """
    if drawing.correction is None:
        return None
    review = drawing.review
    if review is None:
        return CorrectionStatus("waiting", ("It waits for a reviewer.", LEARNING))
    match drawing.verdict_on_correction:
        case "unreadable":
            return CorrectionStatus("unreadable", ("Nothing learns from it, because a reviewer cannot read it.",))
        case "refused":
            return CorrectionStatus("refused", (_refused(review),))
    own = [sample for sample in samples if sample.review_id == review.pk]
    used = next((s for s in own if s.role in _DID and s.run.version is not None), None)
    return _unused(own, may_train) if used is None else _used(used, may_train)


def _refused(review: Review) -> str:
    """A reviewer disagrees; reviews of old releases do not say what the drawing is instead."""
    if not review.is_label:
        return "Nothing learns from it, because a reviewer disagrees."
    says = f"reads {in_one_line(review.text)}" if review.text else "sees no number"
    return f"Nothing learns from it, because a reviewer {says}."


def _unused(samples: Sequence[TrainingSample], may_train: bool) -> CorrectionStatus:
    if not may_train:
        why = "Reviewed. It trains nothing, because you have not allowed that."
        return CorrectionStatus("no_consent", (why,), may_consent=True)
    last = max(samples, key=lambda sample: sample.run_id, default=None)
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
        sentences.append(_HELD_OUT)
    if not may_train:
        sentences.append("You have withdrawn your consent since: the next training does without it.")
    return CorrectionStatus(str(sample.role), tuple(sentences))


def _fate(sample: TrainingSample, version: ModelVersion) -> str:
    """Whether the version is active, and how it reads the drawing if that was recorded."""
    it_as = f"it as {sample.read_after}" if sample.after_state else ""
    if version.active:
        return f"which now reads {it_as}".rstrip()
    if sample.run.state == State.CANDIDATE:
        return f"which reads {it_as} and waits to be promoted" if it_as else "which waits to be promoted"
    if sample.run.state == State.REJECTED:
        return f"which reads {it_as} but is not in use" if it_as else "which is not in use"
    return f"which read {it_as} until another took its place" if it_as else "whose place another has taken"


def one_line(sample: TrainingSample) -> str:
    """One line for a list, from a sample of the active version; "" if the drawing was not used."""
    if sample.role not in _DID:
        return ""
    reads = f", which now reads it as {sample.read_after}" if sample.after_state else ""
    kept = "Kept to examine" if sample.role == Role.HELD_OUT else "Trained into"
    return f"{kept} version {sample.run.version_id}{reads}."
