"""Cut the amounts on cheques into labeled glyphs and lines, with the reader's own segmentation.

Glyphs are cut as the reader cuts them, so that the glyph network trains on what it will see: with what is left of
the cheque's pattern, with gaps, and with a part of a neighbour where digits touch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.data.corpus import LabeledInk, LabeledLines
from ml.data.loaders import Cheques
from ml.ink.glyph import Glyph
from ml.labels import NOT_A_DIGIT, Labels
from ml.segmentation.components import union_box
from ml.segmentation.costs import IMAGE_COSTS
from ml.segmentation.image_components import find_image_components
from ml.segmentation.page_layout import find_layouts

_INSIDE = 0.7  # share of a component's box in a digit's box, above which the component belongs to the digit
_OUTSIDE = 0.1  # share in the box of every digit, below which a component belongs to none
_MIN_SIDE = 0.33  # of the median height of the digits: the smallest square of a glyph


def cut_glyphs(cheques: Cheques, indices: Sequence[int] | NDArray[np.integer]) -> LabeledInk:
    """The digits of the chosen amounts, and negatives labeled NOT_A_DIGIT.

    Negatives are marks beside the digits, and candidates of the reader that hold several digits. Parts of a digit
    are left out, since it is not known whether they look like a digit (docs/experiments.md), and so are
    digits whose ink the segmentation does not find.
    """
    examples = [
        example
        for i in indices
        for example in _cut_amount(cheques.pictures[i], cheques.boxes[i], cheques.labels[i])
    ]
    glyphs = np.stack([glyph for glyph, _ in examples])
    return LabeledInk(glyphs, np.array([label for _, label in examples], np.int64))


def cut_lines(cheques: Cheques, indices: Sequence[int] | NDArray[np.integer]) -> LabeledLines:
    """The chosen amounts as lines. Amounts without any ink are left out."""
    ink, texts = [], []
    for i in indices:
        components = find_image_components(cheques.pictures[i])
        if components is not None:
            ink.append(components.ink(range(len(components.boxes))))
            texts.append(tuple(map(int, cheques.texts[i])))
    return LabeledLines(ink, texts)


def _cut_amount(picture: NDArray[np.uint8], boxes: NDArray[np.integer], labels: Labels) -> list[tuple[Glyph, int]]:
    """Glyphs and labels of one amount; `boxes` (k, 4) and `labels` (k,) are those of its digits."""
    components = find_image_components(picture)
    if components is None or not len(boxes):
        return []
    shares = _shares_inside(components.boxes, boxes.astype(np.float64))
    digits: dict[tuple[int, ...], int] = {}  # labels by the components of each digit
    for share, box, label in zip(shares.T, boxes, labels, strict=True):
        inside = np.flatnonzero(share > _INSIDE)
        if not len(inside):
            continue
        # The ink must be about as large as the box that was drawn by hand around the digit.
        _, _, width, height = union_box(components.boxes[inside])
        if height > 0.7 * box[3] and 0.5 * box[2] < width < 1.4 * box[2]:
            digits[tuple(inside.tolist())] = int(label)
    marks = np.flatnonzero(shares.max(axis=1) < _OUTSIDE)
    min_side = _MIN_SIDE * float(np.median(boxes[:, 3]))
    examples = [(components.glyph(chosen, min_side), label) for chosen, label in digits.items()]
    examples += [(components.glyph([int(i)], min_side), NOT_A_DIGIT) for i in marks]
    for candidate in find_layouts(components, IMAGE_COSTS)[0].candidates:
        held = [{*digit} for digit in digits if {*digit} <= {*candidate.components}]
        if len(held) > 1 and not held[0] & held[1]:  # at least two whole digits
            examples.append((components.glyph(candidate.components, candidate.min_side), NOT_A_DIGIT))
    return examples


def _shares_inside(components: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, k) the share of the box of each of n components that lies in each of k digits' boxes."""
    low = np.maximum(components[:, None, :2], boxes[None, :, :2])
    high = np.minimum((components[:, :2] + components[:, 2:])[:, None], (boxes[:, :2] + boxes[:, 2:])[None])
    return np.asarray((high - low).clip(0).prod(axis=2) / components[:, None, 2:].prod(axis=2).clip(1))
