"""What sizes, gaps, links and cuts cost in the lattice."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """How the lattice judges sizes and gaps. Lengths are in heights of the line, costs in nats.

    Those of strokes were found by `python -m ml.tuning.strokes`, the others by random search on strings, digits of several
    strokes and signs by writers that did not train. `space_alone` is wider than the gaps of digits that were
    spread evenly on purpose: the composed numbers hold too few pairs of single digits to fit it. `junk`, `whole`
    and `link` were found to be 4.4, 1.3 and 0.84, which loses short numbers with a line below: that is worse than
    to take a letter for a number. `cut` and `ligature` were found to be 3.1 and 6.7, which loses joined digits: 31
    of 150 numbers instead of 17.
    """

    longest_run: int = 4  # components in a digit
    widest: float = 1.6  # of several components together
    tallest: float = 1.9
    gap: float = 0.45  # between neighbours of one digit
    smallest: float = 0.33  # the square of a smaller component is not blown up beyond this: dots stay dots
    height_spread: float = 0.35  # standard deviation of log height
    height_cap: float = 6.5  # a flat component costs no more than this
    low_spread: float = 0.35  # the same, of what is lower than usual and no 0
    wide_spread: float = math.inf  # heights beyond a width of one; two digits as one are wider than any digit
    base_spread: float = math.inf  # heights between the foot of a digit and the base line; marks hang or float,
    base_cap: float = 6.0  # which costs no more than this
    junk: float = 2.8  # for a component that belongs to no digit
    lost: float = 0.0  # more than that for ink of a picture as high as a digit, for each height of its width,
    mark: float = 0.4  # while what is smaller than that, in heights, is a mark beside digits
    whole: float = 1.5  # for a drawing of several components that is no digit as a whole
    segment: float = 0.5  # for every digit or junk, so that two need better reasons than one
    link: float = 0.8  # of the log odds that strokes belong together, which count instead of the overlap
    cut: float = 1.914  # for parting a stroke
    part: float = 0.5  # for parting a component of a picture,
    crossed: float = 0.6  # and for each width of the line that the cut crosses
    ligature: float = 4.173  # for a digit that may only lead from one to the next
    skip_overlap: float = 0.3  # of the narrower of two strokes of one digit that are no neighbours
    overlap: float = 6.0  # for each height that ink reaches over the next digit,
    overlap_free: float = 0.02  # beyond what slanted writing does anyway
    space_alone: float = 2.2  # a gap this wide between two digits makes them two numbers
    space_least: float = 0.683  # among more digits this wide,
    space_ratio: float = 2.332  # and so many times the mean of the narrower gaps,
    space_floor: float = 0.028  # which are taken to be no narrower than this
    ask: float = (
        0.97  # several digits of a picture less sure than this are looked at as a strip, as is junk beside
    )
    found: float = 0.75  # where no two digits were found, strips have a say if surer than that of two or more
    strip: float = 2.0  # of the log probability of a text by the strip, beside that by its digits,
    doubt: float = 2.8  # their sum is divided by that: they are no opinions of two that know nothing of each other
    space_sure: float = 12.5  # how fast doubt fades where a gap is wider or narrower than such a space


# Of pictures. `python -m ml.tuning.pictures` searches for them on cheque amounts that train, photographed pages and
# digits, and bitmaps.
IMAGE_COSTS = Costs(
    part=0.86,
    crossed=1.084,
    overlap=1.945,
    overlap_free=0.03,
    junk=1.037,
    lost=7.178,
    mark=0.612,
    segment=0.116,
    height_spread=1.664,
    height_cap=6.514,
    low_spread=0.45,  # 0.28 serves cheques as well, but loses digits of photographed pages
    wide_spread=0.267,
    base_spread=0.22,
    base_cap=6.0,
    gap=0.392,
)
