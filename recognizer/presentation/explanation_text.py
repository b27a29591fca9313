"""An explanation as the API answers it: plain types, with sentences that say what the pictures show."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ml.ink.images import encode_png
from ml.ink.strokes import Strokes, parse_strokes
from recognizer.models import Drawing, Review

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ml.inference.explain import Explanation, OcclusionLoss, SimilarDigit

OWN = 50  # the writer's own digits that are compared; a glyph of each goes through the network
LITTLE = 0.05  # a smaller change of probability is not worth a sentence
HARDLY = 0.25  # a digit of a picture that is less probable by itself was decided by its line

_SHAPES = {
    "bar": "bar",
    "upright": "upright line",
    "slant": "slanting line",
    "curve": "curve",
    "dot": "dot",
    "": "ink",
}
_PLACES = {"middle": "in the middle", "left": "on the left", "right": "on the right"}


def own_digits(drawing: Drawing) -> list[tuple[int, Strokes]]:
    """Single digits (label, strokes) that the writer of a drawing drew before and a reviewer confirmed.

    Other users' digits are left out, because nobody may see what another has drawn.
    """
    digits = Review.objects.labels().filter(text__in=list("0123456789"), drawing__source=Drawing.Source.CANVAS)
    own = digits.filter(drawing__user=drawing.user_id).exclude(drawing=drawing).order_by("-id")
    rows = own.values_list("text", "drawing__strokes")[:OWN]
    return [(int(text), parse_strokes(strokes)) for text, strokes in rows]


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Plain types, as the API answers."""
    strokes = [
        {"points": _rounded(part.points), "weight": round(part.weight, 4), "contrast": round(part.contrast, 4)}
        for part in explanation.parts
    ]
    return {
        "label": explanation.label,
        "probability": explanation.chance,
        "second": {"label": explanation.second, "probability": explanation.second_chance},
        "sentences": list(sentences(explanation)),
        "strongest": explanation.strongest and asdict(explanation.strongest),
        "turning": explanation.turning and asdict(explanation.turning),
        "against": explanation.against and asdict(explanation.against),
        "glyph": _png(explanation.glyph),
        "heat": _rounded(explanation.heat),
        "contrast": _rounded(explanation.contrast),
        "strokes": strokes,
        "nearest": [_similar_digit(digit) for digit in explanation.nearest],
        "nearest_second": explanation.nearest_second and _similar_digit(explanation.nearest_second),
    }


def _similar_digit(digit: SimilarDigit) -> dict[str, Any]:
    similarity = round(digit.similarity, 4)
    return {"label": digit.label, "similarity": similarity, "own": digit.own, "glyph": _png(digit.glyph)}


def _png(glyph: NDArray[Any]) -> str:
    return base64.b64encode(encode_png(glyph)).decode()


def _rounded(array: NDArray[Any]) -> Any:
    return array.astype(float).round(4).tolist()


def sentences(explanation: Explanation) -> Iterator[str]:
    """What the pictures of an explanation show, in words."""
    label = explanation.label
    # Only a picture can have a digit that its glyph alone hardly looks like: then the line network decided.
    hardly = not explanation.parts and explanation.chance < HARDLY
    if label is not None and (hardly or explanation.chance < explanation.second_chance):
        yield _by_itself(explanation)
        yield f"The whole line, seen at once, makes it {label}."
        return
    if label is None:
        yield f"This does not look like a digit. The digit most like it is {explanation.second}."
    yield _strongest(explanation.strongest, label)
    if explanation.turning and explanation.turning != explanation.strongest:
        yield f"Without the {_part(explanation.turning)}, it would {_be_read(explanation.turning.without)}."
    if explanation.against and explanation.against.weight < -LITTLE:
        claim = "for a digit" if label is None else f"against {label}"
        yield f"The {_part(explanation.against)} speaks {claim}."
    if label is not None:
        yield f"The next best reading is {explanation.second}, with {_percent(explanation.second_chance)}."


def _by_itself(explanation: Explanation) -> str:
    if explanation.second_chance < HARDLY:
        return "By itself this could be several digits, or none."
    probability = _percent(explanation.second_chance)
    return f"By itself this looks more like {explanation.second}, with {probability}."


def _strongest(loss: OcclusionLoss | None, label: int | None) -> str:
    if loss is None or loss.weight < LITTLE:
        return f"No single part decides it: whichever is missing, it would still {_be_read(label)}."
    what = "against a digit" if label is None else f"for {label}"
    then = "the reader would be less sure" if loss.without == label else f"this would {_be_read(loss.without)}"
    return f"The {_part(loss)} speaks most {what}: without it, {then}."


def _be_read(label: int | None) -> str:
    return "not look like a digit" if label is None else f"be read as {label}"


def _part(loss: OcclusionLoss) -> str:
    return f"{_SHAPES[loss.shape]} {_PLACES.get(loss.place) or f'at the {loss.place}'}"


def _percent(probability: float) -> str:
    return "less than 1 %" if probability < 0.01 else f"{min(99, round(100 * probability))} %"
