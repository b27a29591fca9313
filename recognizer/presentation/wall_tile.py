"""The thumbnails of the wall in words."""

from __future__ import annotations

from dataclasses import dataclass

from recognizer.models import Drawing, ReviewItem
from recognizer.models.drawing import in_one_line

_SECOND_LOOK = {
    ReviewItem.State.SECOND: "waits for a second opinion",
    ReviewItem.State.THIRD: "reviewers disagree",
}


def number_in_words(text: str) -> str:
    """A number in one line; "" is no number."""
    return in_one_line(text) or "no number"


@dataclass(frozen=True)
class Tile:
    """A thumbnail of the wall. Each of its words is "" where there is nothing to say."""

    item: ReviewItem

    @property
    def drawing(self) -> Drawing:
        return self.item.drawing

    @property
    def reading(self) -> str:
        prediction = self.item.prediction
        return (prediction.read if prediction else "") or "not read"

    @property
    def label(self) -> str:
        """The number that was read, in one line."""
        return in_one_line(self.item.read_as)

    @property
    def sureness(self) -> str:
        prediction = self.item.prediction
        if prediction is None:
            return ""
        return "> 99 %" if prediction.confidence > 0.99 else f"{prediction.percent} %"

    @property
    def correction(self) -> str:
        correction = self.drawing.correction
        return number_in_words(correction.text) if correction else ""

    @property
    def is_contradicted(self) -> bool:
        """Whether its writer says otherwise than what was read."""
        correction, prediction = self.drawing.correction, self.item.prediction
        return correction is not None and (prediction is None or prediction.text != correction.text)

    @property
    def verdict(self) -> str:
        """Not of drawings that wait for another opinion, which is given without knowing the first one."""
        review = self.drawing.review
        if review is None or self.second_look:
            return ""
        return in_one_line(review.text) or str(review.get_verdict_display())

    @property
    def second_look(self) -> str:
        """Why it can't be decided together with others, or ""."""
        return _SECOND_LOOK.get(ReviewItem.State(self.item.state), "")

    @property
    def name(self) -> str:
        """What is known of the drawing, for screen readers."""
        correction = self.correction
        parts = [
            f"read {self.reading}" if self.item.prediction else self.reading,
            self.sureness,
            correction and f"its writer says {correction}",
        ]
        return ", ".join(part for part in parts if part)

    @property
    def mark(self) -> str:
        """What was decided, or why it can't be decided here; the page changes it later."""
        return f"decided: {self.verdict}" if self.verdict else self.second_look
