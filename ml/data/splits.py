"""Who trains and who examines: the one place where data sets are divided, by writer wherever one is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FOLDS = 3
_UNSEEN_ALPHABETS = ("Sanskrit", "Balinese", "Tagalog", "Early_Aramaic")
_UNSEEN_DRAWERS = 10  # those with a higher number


def held_out(writers: NDArray[np.integer], share: float, seed: int) -> NDArray[np.bool_]:
    """(n,) true for about `share` of the samples: whole writers, or single samples where nobody knows them."""
    rng = np.random.default_rng(seed)
    if (writers < 0).all():
        return rng.random(len(writers)) < share
    people, counts = np.unique(writers, return_counts=True)
    order = rng.permutation(len(people))
    taken = np.cumsum(counts[order]) <= share * len(writers)
    return np.asarray(np.isin(writers, people[order[taken]]))


def fold(writers: NDArray[np.integer], number: int) -> NDArray[np.bool_]:
    """(n,) true for the writers of one of three folds: three runs leave out every writer once."""
    people = np.unique(writers)
    return np.asarray(np.isin(writers, people[np.arange(len(people)) % FOLDS == number % FOLDS]))


def pen_digits_to_validate_on(writers: NDArray[np.integer], share: float = 0.1) -> NDArray[np.bool_]:
    """(n,) true for the writers of pen digits, of those that are not the test part, who do not train.

    Half as many again as of others, since there are few.
    """
    return held_out(writers, 1.5 * share, seed=0)


def cheques_to_train_on(n: int) -> NDArray[np.bool_]:
    """(n,) true for the third of the cheque amounts that may train; their writers are not known."""
    return np.asarray(np.arange(n) % 3 == 0)


def cheques_to_validate_on(n: int) -> NDArray[np.bool_]:
    """(n,) true for a fifth of those that may train: the networks learn from the others."""
    return np.asarray(cheques_to_train_on(n) & (np.arange(n) % 5 == 0))


def semeion_to_train_on(n: int) -> NDArray[np.bool_]:
    """(n,) true for the first five blocks of 200 digits, each by ten writers; others wrote the rest."""
    return np.asarray(np.arange(n) < 1000)


def unseen_characters(labels: NDArray[np.str_], drawers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(n,) true for Omniglot characters of alphabets and by drawers that never train."""
    alphabet = np.array([str(label).split("/")[0] for label in labels])
    return np.asarray(np.isin(alphabet, _UNSEEN_ALPHABETS) & (drawers > _UNSEEN_DRAWERS))


def seen_characters(labels: NDArray[np.str_], drawers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(n,) true for those that may train: other alphabets, and other drawers."""
    alphabet = np.array([str(label).split("/")[0] for label in labels])
    return np.asarray(~np.isin(alphabet, _UNSEEN_ALPHABETS) & (drawers <= _UNSEEN_DRAWERS))


def tuned_characters(labels: NDArray[np.str_], drawers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(n,) true for those by the other drawers of the alphabets that train: to calibrate on."""
    alphabet = np.array([str(label).split("/")[0] for label in labels])
    return np.asarray(~np.isin(alphabet, _UNSEEN_ALPHABETS) & (drawers > _UNSEEN_DRAWERS))
