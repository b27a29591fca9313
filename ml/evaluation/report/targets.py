"""Targets for the figures of a reader: a floor below which it is not good enough, and a goal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REACHED, PASSED, MISSED = "goal reached", "above the floor", "below the floor"


@dataclass(frozen=True)
class Target:
    """The target of the figure of this name in `Study.figures`; `unit` is %, points, ms, MB or nothing.

    A goal above the floor says that more is better.
    """

    figure: str
    title: str
    floor: float
    goal: float
    unit: str = "%"

    @property
    def more_is_better(self) -> bool:
        """Whether the figure should be high, as accuracy should; otherwise it should be low, as time should."""
        return self.goal > self.floor

    def verdict(self, value: float) -> str:
        """REACHED, PASSED or MISSED."""
        sign = 1 if self.more_is_better else -1
        if sign * value >= sign * self.goal:
            return REACHED
        return PASSED if sign * value >= sign * self.floor else MISSED

    def show(self, value: float) -> str:
        """A value of the figure with its unit."""
        if self.unit in ("%", "points"):
            return f"{100 * value:.2f} {self.unit}"
        return f"{value:.{3 if self.more_is_better else 2}f} {self.unit}".strip()


TARGETS: tuple[Target, ...] = (
    # Of readers that never saw the device or the paper (`ml.evaluation.left_out`).
    Target("left_out_accuracy_unipen_digits", "Single pen digits, device never seen", 0.988, 0.992),
    Target("left_out_accuracy_unipen_apart", "Strings of strangers, apart", 0.97, 0.985),
    Target("left_out_accuracy_unipen_close", "Strings of strangers, close", 0.96, 0.975),
    Target("left_out_accuracy_unipen_overlapping", "Strings of strangers, overlapping", 0.88, 0.92),
    Target(
        "left_out_accuracy_unipen_letters", "Letters unlike any digit not taken, device never seen", 0.975, 0.98
    ),
    Target(
        "left_out_auroc_unipen_letters", "AUROC, letters unlike any digit, device never seen", 0.993, 0.995, ""
    ),
    Target("left_out_accuracy_unipen_signs", "Signs not taken, device never seen", 0.86, 0.88),
    Target("left_out_auroc_unipen_signs", "AUROC, signs, device never seen", 0.965, 0.97, ""),
    Target("left_out_ece_unipen_digits", "Calibration error (ECE), pen digits, device never seen", 0.008, 0.007),
    Target("accuracy_mnist_test", "MNIST test, glyphs straight to the network", 0.9958, 0.9975),
    Target("accuracy_pendigits_test", "Single pen digits of unseen writers", 0.994, 0.996),
    Target("accuracy_uji_digits", "UJI digits of unseen writers", 0.98, 0.99),
    Target("accuracy_digilets_digits", "DigiLeTs digits of unseen students", 0.99, 0.995),
    Target("accuracy_strings_apart", "Strings of 2 to 6 pen digits, apart", 0.97, 0.985),
    Target("accuracy_strings_close", "Strings, close", 0.95, 0.975),
    Target("accuracy_strings_overlapping", "Strings, overlapping by up to 0.15 of the height", 0.88, 0.94),
    Target("accuracy_kensanata", "Scanned Swiss digits of unseen writers", 0.99, 0.992),
    Target("accuracy_drawn_digits", "Pictures that digit programs were tried with", 0.984, 0.99),
    Target("accuracy_photos_digits", "Photos of single digits", 0.995, 1.0),
    Target("accuracy_photos_pages", "Photos of pages, digits by edit distance", 0.97, 0.98),
    Target("accuracy_photos2_digits", "Photos of single digits, more people", 0.928, 0.99),
    Target("accuracy_photos2_lines", "Photos of lines and sums, digits by edit distance", 0.91, 0.99),
    Target("exact_photos2_lines", "Photos of lines and sums, all of it right", 0.83, 0.94),
    Target("accuracy_cheques", "Cheque amounts, the whole amount", 0.86, 0.95),
    Target("accuracy_optdigits", "Optdigits, not trained on", 0.99, 0.995),
    Target("accuracy_hwd1000", "HwD-1000, not trained on", 0.998, 0.999),
    Target(
        "taken_separable_letters", "Letters unlike any digit taken for digits, 1 % of digits refused", 0.10, 0.04
    ),
    Target("taken_shapes", "Shapes taken for digits, the same", 0.10, 0.04),
    Target("taken_omniglot", "Characters of other alphabets unlike any digit taken, the same", 0.10, 0.04),
    Target("taken_scribbles", "Scribbles taken for digits, the same", 0.10, 0.04),
    Target("auroc_separable_letters", "AUROC, letters unlike any digit", 0.985, 0.995, ""),
    Target("auroc_all_letters", "AUROC, all letters", 0.95, 0.965, ""),
    Target("ece_hard", "Calibration error (ECE), mixed hard set", 0.02, 0.01),
    Target("ece_pens", "Calibration error (ECE), single digits by pens of strangers", 0.01, 0.007),
    Target("lost_moved", "Worst loss by a shift of up to 30 % or a scale of 0.3 to 1", 0.005, 0.002, "points"),
    Target("ms_one_digit", "Reading a drawing of one digit, median", 1.5, 0.6, "ms"),
    Target("ms_page", "Reading a page of 40 digits, 1600 px, median", 500.0, 200.0, "ms"),
    Target("megabytes", "Size of the artifact", 2.0, 1.0, "MB"),
)


def accuracy_target(benchmark: str) -> Target | None:
    """The target of the accuracy on a benchmark, None where it has none."""
    return next((target for target in TARGETS if target.figure == f"accuracy_{benchmark}"), None)


def measured_targets(figures: Mapping[str, float]) -> list[tuple[Target, float]]:
    """The targets whose figures were measured, each with its value."""
    return [(target, figures[target.figure]) for target in TARGETS if target.figure in figures]
