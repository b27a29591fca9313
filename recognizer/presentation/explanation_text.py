"""An explanation in plain types and plain sentences, and the owner's own digits to compare with."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ml.ink.images import encode_png
from ml.ink.strokes import Strokes, parse_strokes
from recognizer.models import Correction, Drawing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ml.inference.explain import Explanation, OcclusionLoss, SimilarDigit

OWN = 50  # drawings compared with; a glyph of each goes through the network
LITTLE = 0.05  # a change of probability not worth a sentence
HARDLY = 0.25  # a probability with which no ink of a picture is read for its own looks alone

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
    """Digits that the writer of a drawing drew before and a reviewer confirmed: labels and strokes.

    Nobody else's, so that nobody is shown what another has drawn; only single digits, which need not be parted.
    """
    claims = Correction.objects.confirmed_digits().filter(drawing__user=drawing.user_id).exclude(drawing=drawing)
    rows = claims.values_list("text", "drawing__strokes")[:OWN]
    return [(int(text), parse_strokes(strokes)) for text, strokes in rows]


def as_json(found: Explanation) -> dict[str, Any]:
    """Plain types, as the API answers."""
    return {
        "label": found.label,
        "probability": found.chance,
        "second": {"label": found.second, "probability": found.second_chance},
        "sentences": list(sentences(found)),
        "strongest": found.strongest and asdict(found.strongest),
        "turning": found.turning and asdict(found.turning),
        "against": found.against and asdict(found.against),
        "glyph": _png(found.glyph),
        "heat": _rounded(found.heat),
        "contrast": _rounded(found.contrast),
        "strokes": [
            {"points": _rounded(part.points), "weight": round(part.weight, 4), "contrast": round(part.contrast, 4)}
            for part in found.parts
        ],
        "nearest": [_example(example) for example in found.nearest],
        "nearest_second": found.nearest_second and _example(found.nearest_second),
    }


def _example(example: SimilarDigit) -> dict[str, Any]:
    return {
        "label": example.label,
        "similarity": round(example.similarity, 4),
        "own": example.own,
        "glyph": _png(example.glyph),
    }


def _png(glyph: NDArray[Any]) -> str:
    return base64.b64encode(encode_png(glyph)).decode()


def _rounded(array: NDArray[Any]) -> Any:
    return array.astype(float).round(4).tolist()


def sentences(found: Explanation) -> Iterator[str]:
    """What the pictures show, in words."""
    label = found.label
    # A picture that the network on glyphs hardly takes for this was read by its whole line; strokes never are.
    hardly = not found.parts and found.chance < HARDLY
    if label is not None and (hardly or found.chance < found.second_chance):
        yield _by_itself(found)
        yield f"The whole line, seen at once, makes it {label}."
        return
    if label is None:
        yield f"This does not look like a digit. The digit most like it is {found.second}."
    yield _strongest(found.strongest, label)
    if found.turning and found.turning != found.strongest:
        yield f"Without the {_part(found.turning)}, it would {_outcome(found.turning.without)}."
    if found.against and found.against.weight < -LITTLE:
        yield f"The {_part(found.against)} speaks {'for a digit' if label is None else f'against {label}'}."
    if label is not None:
        yield f"The next best reading is {found.second}, with {_percent(found.second_chance)}."


def _by_itself(found: Explanation) -> str:
    if found.second_chance < HARDLY:
        return "By itself this could be several digits, or none."
    return f"By itself this looks more like {found.second}, with {_percent(found.second_chance)}."


def _strongest(loss: OcclusionLoss | None, label: int | None) -> str:
    if loss is None or loss.weight < LITTLE:
        return f"No single part decides it: whichever is missing, it would still {_outcome(label)}."
    what = "against a digit" if label is None else f"for {label}"
    then = "the reader would be less sure" if loss.without == label else f"this would {_outcome(loss.without)}"
    return f"The {_part(loss)} speaks most {what}: without it, {then}."


def _outcome(label: int | None) -> str:
    return "not look like a digit" if label is None else f"be read as {label}"


def _part(loss: OcclusionLoss) -> str:
    return f"{_SHAPES[loss.shape]} {_PLACES.get(loss.place) or f'at the {loss.place}'}"


def _percent(chance: float) -> str:
    return "less than 1 %" if chance < 0.01 else f"{min(99, round(100 * chance))} %"
