"""The worth of a review: about the probability that the reading of a drawing is wrong, and the reason to look."""

from __future__ import annotations

from dataclasses import dataclass

from recognizer.models.review_item import ReviewItem

Reason = ReviewItem.Reason

# How often a reading is about wrong of which this is known; measured where docs/experiments.md says so ("Which
# readings are reviewed first"), otherwise an estimate, of which the order matters.
_CONTRADICTED = 0.9  # by its writer
_CONTRADICTED_IN_VAIN = 0.6  # the same, but known digits contradict what the writer says
_CONFIRMED = 0.02  # by its writer
_CONFIRMED_WEIGHT = 0.2  # that is left to the doubts of the reader
_DOUBTFUL = 0.7  # known digits contradict a verdict
_CANDIDATE = 0.5  # another version reads it otherwise
_REFUSED = 0.3  # ink that is surely no digit, for the reader: letters and scribbles are refused rightly
_REFUSED_WEIGHT = 0.6  # of the doubt in a refusal; digits are refused less surely than letters

_UNSURE_BELOW = 0.9  # confidence
_UNUSUAL_ABOVE = 0.35  # of drawings that are read rightly 3 in 100 are more unusual
_UNKNOWN = 0.5  # how unusual a drawing is that no worker has looked at: it says nothing
_MOST_CERTAIN = 0.99  # how unusual a drawing, or how sure a refusal, counts at most


@dataclass(frozen=True)
class Facts:
    """What is known of a drawing.

    `confidence` is that of the least sure number: how many there are does not count. `corrected_to` is None
    without a correction, "" for "not a number". `unusual` is as in `ml.curation.novelty`, None until a worker has
    looked. `doubtful` is said of the verdict, if there is one, else of the correction.
    """

    state: str
    text: str
    confidence: float
    corrected_to: str | None = None
    reviewed: bool = False
    doubtful: bool = False
    disputed: bool = False
    unusual: float | None = None


def worth_of(facts: Facts) -> tuple[ReviewItem.Reason, float]:
    """The reason to look at a drawing, and what a look is worth, 0 to 1."""
    misread = _misread(facts)
    if facts.doubtful and facts.reviewed:
        return Reason.DOUBTFUL, _DOUBTFUL
    if facts.corrected_to is not None:
        if facts.corrected_to == facts.text:
            return Reason.CORRECTED, _CONFIRMED + _CONFIRMED_WEIGHT * misread
        base = _CONTRADICTED_IN_VAIN if facts.doubtful else _CONTRADICTED
        return Reason.CORRECTED, base + (1 - base) * misread
    if facts.disputed:
        return Reason.CANDIDATE, max(misread, _CANDIDATE)
    if facts.state != "recognised" or facts.confidence < _UNSURE_BELOW:
        return Reason.UNSURE, misread
    return (Reason.UNUSUAL if (facts.unusual or 0.0) > _UNUSUAL_ABOVE else Reason.NONE), misread


def _misread(facts: Facts) -> float:
    """The probability that the reading is wrong, from what the reader and the known digits say alone.

    The odds by the confidence are multiplied by those that the digits belong to another label, by their distances.
    """
    if facts.state in ("not_a_digit", "empty"):
        return _REFUSED + _REFUSED_WEIGHT * (1 - max(0.5, min(facts.confidence, _MOST_CERTAIN)))
    unusual = _UNKNOWN if facts.unusual is None else min(facts.unusual, _MOST_CERTAIN)
    wrong, right = (1 - facts.confidence) * unusual, facts.confidence * (1 - unusual)
    return wrong / max(wrong + right, 1e-9)
