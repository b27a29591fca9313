"""Pools of synthetic digits and signs, written once for a run and then drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ml.data.corpus import LabeledInk
from ml.labels import NOT_A_DIGIT
from ml.synthesis.handwriting import SIGN_KINDS, write_digit, write_sign

# Labels and styles that few of the writers have whose digits train. To readers who do not know them they look like
# another digit.
CONFUSABLE_STYLES = (
    (1, "european"), (1, "long_serif"), (1, "curved_serif"), (1, "cursive"), (7, "low_cross"),
    (7, "cursive_crossed"), (9, "curled_tail"), (9, "swan"), (4, "open"), (4, "cursive_wide"), (5, "loose_hat"),
    (2, "looped"), (0, "slash_first"), (1, "ticked"), (1, "curved_foot"), (2, "cursive_loop"),
    (2, "cursive_angle"), (6, "cursive_exit"), (6, "wide_exit"), (7, "ticked"), (7, "far_tick"), (9, "ticked"),
    (9, "flat_loop"), (0, "slashed_through"), (0, "slash_returns"), (0, "led_in"), (4, "bowl"),
    (7, "returning_cross"), (1, "long_foot"), (9, "swan_flat"), (9, "flat_foot"), (9, "gaping"), (9, "small_loop"),
    (9, "crossing_loop"),
)  # fmt: skip
_POLYGONS = 6  # times that polygons, the sign that varies most, count


@dataclass(frozen=True)
class SyntheticPool:
    """Drawings: digits of all styles, digits of styles that are easily confused, and signs."""

    digits: LabeledInk
    confusable: LabeledInk
    signs: LabeledInk

    @classmethod
    def write(cls, n: int, seed: int) -> SyntheticPool:
        """`n` digits, as many signs, and a quarter as many digits that are easily confused."""
        rng = np.random.default_rng((seed, 2))
        return cls(
            digits=synthetic_digits(n, rng),
            confusable=confusable_digits(max(len(CONFUSABLE_STYLES), n // 4), rng),
            signs=synthetic_signs(n, rng),
        )


def synthetic_digits(n: int, rng: Generator) -> LabeledInk:
    """`n` drawings of the digits 0 to 9 in turn, each in a handwriting of its own."""
    labels = np.arange(n) % 10
    return LabeledInk([write_digit(int(label), rng=rng) for label in labels], labels)


def confusable_digits(n: int, rng: Generator) -> LabeledInk:
    """`n` drawings of digits in the styles of CONFUSABLE_STYLES in turn."""
    chosen = [CONFUSABLE_STYLES[i % len(CONFUSABLE_STYLES)] for i in range(n)]
    drawings = [write_digit(label, rng=rng, style=style) for label, style in chosen]
    return LabeledInk(drawings, np.array([label for label, _ in chosen], np.int64))


def synthetic_signs(n: int, rng: Generator) -> LabeledInk:
    """`n` drawings of what is no digit: letters, and in turn with them signs, shapes and scribbles."""
    letters = [kind for kind in SIGN_KINDS if len(kind.split("_")[0]) == 1]
    others = [kind for kind in SIGN_KINDS if kind not in letters] + ["polygon"] * _POLYGONS
    kinds = [str(rng.choice(letters if i % 2 else others)) for i in range(n)]
    return LabeledInk([write_sign(rng, kind) for kind in kinds], np.full(n, NOT_A_DIGIT, np.int64))
