"""Which numbers of a stored reading are doubtful, in words; of live ones static/js/reading/doubts.js says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recognizer.models import Prediction
    from recognizer.models.read_number import ReadNumber

_MOST_NAMED = 4  # doubtful numbers; more are counted


def has_several(prediction: Prediction | None) -> bool:
    """Whether it has several numbers of which it is known how sure each is."""
    return prediction is not None and len(prediction.numbers or []) > 1


def in_short(prediction: Prediction) -> str:
    """ "9 numbers, 2 doubtful" """
    numbers = prediction.numbers or []
    doubtful = sum(number.is_doubtful for number in numbers)
    if not doubtful and prediction.state == prediction.State.UNSURE:
        return f"{len(numbers)} numbers, some ink not read"
    return f"{len(numbers)} numbers, {doubtful or 'none'} doubtful"


def in_full(prediction: Prediction) -> str:
    """ "25 digits in 9 numbers. 2 numbers are doubtful: 48 (line 2), 305 (line 4)." """
    numbers = prediction.numbers or []
    digits = sum(len(number.text) for number in numbers)
    doubtful = [number for number in numbers if number.is_doubtful]
    unread = any(digit.label is None for digit in prediction.digits.all())
    sentences = [f"{digits} digits in {len(numbers)} numbers."]
    if doubtful:
        verb = "number is" if len(doubtful) == 1 else "numbers are"
        sentences.append(f"{len(doubtful)} {verb} doubtful: {_named(doubtful, numbers)}.")
    else:
        sentences.append("None of them is doubtful.")
    return " ".join([*sentences, "Some ink was not read."] if unread else sentences)


def _named(doubtful: Sequence[ReadNumber], numbers: Sequence[ReadNumber]) -> str:
    """The doubtful numbers with their lines; lines without numbers do not count."""
    lines = sorted({number.line for number in numbers})
    names = [
        f"{number.text} (line {lines.index(number.line) + 1})" if len(lines) > 1 else number.text
        for number in doubtful[:_MOST_NAMED]
    ]
    more = len(doubtful) - len(names)
    return ", ".join(names) + (f", and {more} more" if more else "")
