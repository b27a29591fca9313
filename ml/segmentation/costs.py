"""What sizes, gaps, affinities and cuts of ink cost where a drawing is divided into digits."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """The costs by which the lattice compares ways to divide a drawing into digits.

    Lengths are in heights of the line, costs in nats. The defaults are those of strokes, `IMAGE_COSTS` those of
    pictures.

    The defaults that only strokes use were found by `python -m ml.tuning.strokes`, the others by random search on
    strings, digits of several strokes and signs by writers who did not train. Some were set by hand instead:

    - `space_alone` is wider than the gaps of digits that were spread evenly on purpose: the composed numbers hold
      too few pairs of single digits to fit it.
    - `negative`, `affinity` and `stacked` were found to be 5.4, 1.2 and 3.3, which misreads more strings of
      overlapping digits: 35 of 1,000 instead of 32, and of strangers refuses 25 instead of 22.
    - `stroke_cut` and `ligature` were found to be 2.7 and 2.2, in another search 3.1 and 6.7, which loses joined
      digits: 31 of 150 numbers instead of 17.
    """

    # Limits of what may be one digit.
    longest_run: int = 4  # components
    widest: float = 2.2  # width of several components together: the bar of a 5 may be long
    tallest: float = 1.9  # height of several components together
    gap: float = 0.45  # between neighbouring components of one digit
    skip_overlap: float = 0.3  # of the narrower of two strokes of one digit that are not neighbours
    min_side: float = 0.33  # of the square of a glyph: smaller ink is not enlarged to fill it, so dots stay dots

    # Size of a digit, and its place in the line.
    height_spread: float = 0.35  # standard deviation of the log height
    height_cap: float = 6.5  # the most that an unusual height costs: a flat component is not impossible
    low_spread: float = 0.35  # `height_spread` of ink lower than usual, for all labels but 0
    wide_spread: float = math.inf  # standard deviation of the width beyond 1: two digits are wider than any one
    base_spread: float = math.inf  # standard deviation of the foot from the base line: marks hang or float
    base_cap: float = 6.0  # the most that a foot far from the base line costs

    # Ink that is no digit.
    negative: float = 3.8  # for a candidate that is no digit
    large_negative: float = 0.0  # of a picture: added for ink as large as a digit, for each height of its size
    mark_size: float = 0.4  # of a picture: smaller ink is a mark beside digits and does not cost `large_negative`
    whole_negative: float = 0.9  # instead of `negative`, for all components of a drawing as one that is no digit
    whole_wide: float = 3.0  # added to that, for each height by which the drawing is wider than one digit
    lone_negative: float = 1.5  # instead of `negative`, for a drawing of one component that is no digit

    # Boundaries between candidates.
    segment: float = 0.3  # for every candidate but the first, so that two need better evidence than one
    affinity: float = 0.8  # of strokes: weight of the log odds that they belong together
    stroke_cut: float = 1.914  # for each cut through a stroke
    component_cut: float = 0.5  # for each cut through connected ink of a picture
    crossed_ink: float = 0.6  # for each width of the pen that a cut through connected ink crosses
    stacked: float = 4.0  # how much likelier all components are one digit if they lie close below each other
    stacked_gap: float = 0.2  # of the height of all: with a wider gap between them they are not close
    ligature: float = 4.173  # for a digit that may only lead from one digit to the next
    overlap: float = 6.0  # of a picture: for each height that ink reaches over the next digit
    overlap_free: float = 0.02  # of a picture: an overlap that slanted writing has anyway, and that costs nothing

    # Spaces between numbers.
    space_alone: float = 2.2  # on a line of two digits: a wider gap makes them two numbers
    space_least: float = 0.683  # on a line of more digits: the least width of a space
    space_ratio: float = 2.332  # on a line of more digits: the least space by the mean of the narrower gaps
    space_floor: float = 0.028  # the least that the mean of the narrower gaps counts
    space_sure: float = 12.5  # how fast doubt fades where a gap is wider or narrower than the least space
    space_apart: float = 6.0  # the same where a space is wider than the middle between spaces and other gaps

    # The line network, which reads lines of pictures.
    line_network_threshold: float = 0.97  # lines of several digits that are less sure than this are read by it
    line_network_alone: float = 0.75  # where fewer than two digits were found, the least probability of its text
    line_network_weight: float = 2.0  # of its log probability of a text, beside that by the digits
    joint_temperature: float = 2.8  # divides the sum of both, because the two judgements are not independent


# Found by `python -m ml.tuning.pictures` on cheque amounts that train, photographed pages and digits, and bitmaps.
IMAGE_COSTS = Costs(
    widest=1.6,
    gap=0.182,
    height_spread=1.859,
    height_cap=6.796,
    low_spread=0.4,  # 0.28 serves cheques as well, but loses digits of photographed pages
    wide_spread=0.255,
    base_spread=0.197,
    base_cap=6.0,
    negative=1.5,  # found to be 2.0, by which the edge of a highlighter becomes a separator
    whole_negative=1.5,
    lone_negative=0.7,
    large_negative=6.496,
    mark_size=0.7,
    segment=0.082,
    component_cut=0.828,
    crossed_ink=0.79,
    overlap=1.693,
    overlap_free=0.038,
)
