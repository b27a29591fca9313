"""How data sets are divided into what trains, validates and evaluates: by writer wherever writers are known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.data.loaders import DatasetError

FOLDS = 3
_STRANGERS = 7  # one writer in so many of a large data set neither trains nor validates
_UNSEEN_ALPHABETS = ("Sanskrit", "Balinese", "Tagalog", "Early_Aramaic")
_LAST_TRAINING_DRAWER = 10  # drawers of Omniglot with a higher number never train


def held_out(writers: NDArray[np.integer], share: float, seed: int) -> NDArray[np.bool_]:
    """(n,) true for about `share` of the samples: whole writers, or single samples where all writers are -1."""
    rng = np.random.default_rng(seed)
    if (writers < 0).all():
        return rng.random(len(writers)) < share
    numbers, counts = np.unique(writers, return_counts=True)
    order = rng.permutation(len(numbers))
    taken = np.cumsum(counts[order]) <= share * len(writers)
    return np.asarray(np.isin(writers, numbers[order[taken]]))


def fold(writers: NDArray[np.integer], number: int) -> NDArray[np.bool_]:
    """(n,) true for the writers of fold `number` modulo three: three runs leave out each writer once."""
    numbers = np.unique(writers)
    return np.asarray(np.isin(writers, numbers[np.arange(len(numbers)) % FOLDS == number % FOLDS]))


@dataclass(frozen=True)
class WriterRoles:
    """(n,) each: whether the writer of a sample trains, validates, or is a stranger. Nobody does two of these."""

    train: NDArray[np.bool_]
    validate: NDArray[np.bool_]
    strange: NDArray[np.bool_]


def roles_by_writer(writers: NDArray[np.integer], *, left_out: bool) -> WriterRoles:
    """One writer in seven is a stranger and one in seven validates. If left out, all writers are strangers."""
    numbers = np.unique(writers)
    turn = np.arange(len(numbers)) % _STRANGERS
    strange = np.isin(writers, numbers if left_out else numbers[turn == 3])
    validate = np.isin(writers, numbers[turn == 6]) & ~strange
    return WriterRoles(~strange & ~validate, validate, strange)


def devices_left_out(devices: NDArray[np.str_], left_out: Collection[str], data_set: str) -> NDArray[np.bool_]:
    """(n,) true for the devices that `left_out` names, such as "unipen:syn" of the data set "unipen".

    Samples of an unknown device, "-", are left out as soon as any device is: it may be that one. Raises
    DatasetError for a device that the data set has not.
    """
    names = {name.partition(":")[2] for name in left_out if name.partition(":")[0] == data_set}
    unknown = names - {str(device) for device in np.unique(devices)}
    if unknown:
        raise DatasetError(f"{data_set} has no device {sorted(unknown)[0]!r}.")
    return np.asarray(np.isin(devices, [*names, "-"] if names else []))


def pen_digits_to_validate_on(writers: NDArray[np.integer], share: float = 0.1) -> NDArray[np.bool_]:
    """(n,) true for the writers of pen digits outside the test part who do not train.

    Their share is half as large again as that of other data sets, since there are few writers.
    """
    return held_out(writers, 1.5 * share, seed=0)


def cheques_to_train_on(n: int) -> NDArray[np.bool_]:
    """(n,) true for the third of the cheque amounts that may train; their writers are not known."""
    return np.asarray(np.arange(n) % 3 == 0)


def cheques_to_validate_on(n: int) -> NDArray[np.bool_]:
    """(n,) true for a fifth of the amounts that may train: the networks learn from the others."""
    return np.asarray(cheques_to_train_on(n) & (np.arange(n) % 5 == 0))


def semeion_to_train_on(n: int) -> NDArray[np.bool_]:
    """(n,) true for the first five blocks of 200 digits, each by ten writers; others wrote the rest."""
    return np.asarray(np.arange(n) < 1000)


def unseen_characters(labels: NDArray[np.str_], drawers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(n,) true for Omniglot's characters of alphabets that never train, by drawers who never train."""
    return _of_unseen_alphabets(labels) & (drawers > _LAST_TRAINING_DRAWER)


def characters_to_train_on(labels: NDArray[np.str_], drawers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(n,) true for Omniglot's characters of the other alphabets, by the other drawers."""
    return ~_of_unseen_alphabets(labels) & (drawers <= _LAST_TRAINING_DRAWER)


def characters_to_validate_on(labels: NDArray[np.str_], drawers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(n,) true for Omniglot's characters of alphabets that train, by drawers who never train."""
    return ~_of_unseen_alphabets(labels) & (drawers > _LAST_TRAINING_DRAWER)


def _of_unseen_alphabets(labels: NDArray[np.str_]) -> NDArray[np.bool_]:
    """(n,) for labels such as "Latin/character15"."""
    alphabets = np.array([str(label).split("/")[0] for label in labels])
    return np.isin(alphabets, _UNSEEN_ALPHABETS)
