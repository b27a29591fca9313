"""The worth of a review: about the probability that the reading of a drawing is wrong, and the reason to look."""

from __future__ import annotations

from dataclasses import dataclass

from recognizer.models.review_item import ReviewItem

Reason = ReviewItem.Reason

# Estimates of how often a reading is wrong that its writer contradicts, and so on. The order among them matters,
# and where drawings come that the reader itself doubts.
_CONTRADICTED = 0.9
_AGREED = 0.02
_DOUBTFUL = 0.7
_CANDIDATE = 0.5
_UNUSUAL = 0.3
_NO_DIGIT = 0.3  # scribbles and letters are refused rightly; so are some digits, wrongly
_UNSURE_BELOW = 0.9  # confidence


@dataclass(frozen=True)
class Facts:
    """What is known of a drawing. `corrected_to` is None without a correction, "" for "not a number"."""

    state: str
    text: str
    confidence: float
    corrected_to: str | None = None
    doubtful: bool = False
    disputed: bool = False
    unusual: float = 0.0


def worth_of(facts: Facts) -> tuple[ReviewItem.Reason, float]:
    """The reason to look at a drawing, and what a look is worth, 0 to 1."""
    doubt = 1.0 - facts.confidence
    if facts.corrected_to is not None:
        base = _AGREED if facts.corrected_to == facts.text else _CONTRADICTED
        return Reason.CORRECTED, base + (1 - base) * doubt * 0.9
    reasons = [
        (_DOUBTFUL if facts.doubtful else 0.0, Reason.DOUBTFUL),
        (_CANDIDATE + doubt * (1 - _CANDIDATE) if facts.disputed else 0.0, Reason.CANDIDATE),
        (max(doubt, _NO_DIGIT) if facts.state == "not_a_digit" else 0.0, Reason.UNSURE),
        (doubt if facts.state == "unsure" or facts.confidence < _UNSURE_BELOW else 0.0, Reason.UNSURE),
        (_UNUSUAL * facts.unusual if facts.unusual > 0.5 else 0.0, Reason.UNUSUAL),
    ]
    worth, reason = max(reasons, key=lambda entry: entry[0])
    return (reason, worth) if worth else (Reason.NONE, doubt)
