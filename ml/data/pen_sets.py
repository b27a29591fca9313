"""Data sets of strokes: digits, letters and signs written with pens on tablets, split by writer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.data.corpus import LabeledInk
from ml.data.loaders import load_characters, load_images, load_strokes
from ml.data.lookalikes import stroke_label
from ml.data.split_plan import SplitPart, SplitPlan, SplitSet
from ml.data.splits import WriterRoles, devices_left_out, fold, pen_digits_to_validate_on, roles_by_writer
from ml.labels import NOT_A_DIGIT, UNCLEAR

Splitter = Callable[[Path, SplitPlan], SplitSet]


def split_pendigits(file: Path, plan: SplitPlan) -> SplitSet:
    """The training part of UCI's pen digits."""
    strokes = load_strokes(file)
    strokes = strokes.part(~strokes.test)
    aside = pen_digits_to_validate_on(strokes.writer, plan.share)
    part = LabeledInk(strokes.drawings, strokes.label, strokes.writer)
    return SplitSet([SplitPart("pendigits", part.select(~aside), part.select(aside))])


def split_uji(file: Path, plan: SplitPlan) -> SplitSet:
    """The writers outside the fold of the seed train, those in it are strangers. None validate."""
    part = load_labeled_ink(file)
    assert part.writers is not None
    strange = fold(part.writers, plan.seed)
    roles = WriterRoles(~strange, np.zeros(len(strange), bool), strange)
    return _split_by_roles("uji", part, roles)


def split_unipen(file: Path, plan: SplitPlan) -> SplitSet:
    """All writers of the devices that are not left out. None validate.

    Where a device is left out, so are the characters whose device is not known.
    """
    part, devices = load_labeled_ink(file), load_images(file)["device"]
    strange = devices_left_out(devices, plan.left_out, "unipen")
    return _split_by_roles("unipen", part, WriterRoles(~strange, np.zeros(len(strange), bool), strange))


def split_by_writer(name: str) -> Splitter:
    """A function that splits the data set of this name: most writers train, some validate, some are strangers."""

    def split(file: Path, plan: SplitPlan) -> SplitSet:
        part = load_labeled_ink(file)
        assert part.writers is not None
        return _split_by_roles(name, part, roles_by_writer(part.writers, left_out=name in plan.left_out))

    return split


def train_on_all(name: str) -> Splitter:
    """A function that splits a data set of few writers: all of them train, unless the set is left out."""

    def split(file: Path, plan: SplitPlan) -> SplitSet:
        part = load_labeled_ink(file)
        strange = np.full(len(part.labels), name in plan.left_out)
        return _split_by_roles(name, part, WriterRoles(~strange, np.zeros(len(strange), bool), strange))

    return split


def validate_on_all(name: str) -> Splitter:
    """A function that splits a data set on which the calibration is fitted: none of its writers train."""

    def split(file: Path, plan: SplitPlan) -> SplitSet:
        part = load_labeled_ink(file)
        nothing = np.zeros(len(part.labels), bool)
        return _split_by_roles(name, part, WriterRoles(nothing, ~nothing, nothing))

    return split


def load_labeled_ink(file: Path) -> LabeledInk:
    """The characters of a file of strokes: digits by their label, separable letters and signs as NOT_A_DIGIT.

    What some people take for a digit is UNCLEAR. Raises DatasetError.
    """
    characters, drawings = load_characters(file)
    labels = np.array([stroke_label(str(character)) for character in characters], np.int64)
    return LabeledInk(drawings, labels, load_images(file)["writer"].astype(np.int64))


def _split_by_roles(name: str, part: LabeledInk, roles: WriterRoles) -> SplitSet:
    """The digits and the other characters as two parts; unclear characters do not validate."""
    assert part.writers is not None
    is_digit: NDArray[np.bool_] = part.labels < NOT_A_DIGIT
    validate: NDArray[np.bool_] = roles.validate & (part.labels != UNCLEAR)
    parts = []
    for suffix, chosen in (("digits", is_digit), ("letters", ~is_digit)):
        training, validation = part.select(roles.train & chosen), part.select(validate & chosen)
        if len(training.labels) or len(validation.labels):
            parts.append(SplitPart(f"{name}_{suffix}", training, validation))
    return SplitSet(parts, {name: np.unique(part.writers[roles.strange]).tolist()})
