"""The numbers of a stored reading: what a prediction keeps of each, and what follows from its digits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.decoding.reading import Number
    from recognizer.models.drawing import Digit

Box = tuple[float, float, float, float]  # x, y, width, height in the units of the drawing


@dataclass(frozen=True)
class ReadNumber:
    """One number of a reading; the fields are those of `ml.decoding.reading.Number`."""

    text: str
    confidence: float
    state: str
    line: int
    box: Box
    digits: Sequence[int]
    alternative: str | None

    @property
    def is_doubtful(self) -> bool:
        """Whether it is unsure."""
        return self.state == "unsure"


def kept_of(number: Number) -> dict[str, Any]:
    """What is stored of a number: its digits are stored with their labels and boxes."""
    return {
        "digits": list(number.digits),
        "confidence": number.confidence,
        "state": number.state,
        "alternative": number.alternative,
    }


def read_numbers(kept: Iterable[Mapping[str, Any]], digits: Sequence[Digit]) -> list[ReadNumber]:
    """The numbers of a reading from what was stored of them, and its digits in their order."""
    numbers = []
    for each in kept:
        own = [digits[index] for index in each["digits"]]
        left, top = min(digit.x for digit in own), min(digit.y for digit in own)
        right, bottom = max(digit.x + digit.width for digit in own), max(digit.y + digit.height for digit in own)
        numbers.append(
            ReadNumber(
                text="".join(map(str, own)),
                confidence=each["confidence"],
                state=each["state"],
                line=own[0].line,
                box=(left, top, right - left, bottom - top),
                digits=each["digits"],
                alternative=each["alternative"],
            )
        )
    return numbers
