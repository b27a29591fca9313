"""What is made ahead comes in its order, and no further ahead than asked."""

from __future__ import annotations

import threading

import pytest

from ml.training.prefetch import prefetch


def test_everything_comes_in_its_order():
    assert [*prefetch(iter(range(20)), 3)] == [*range(20)]
    assert [*prefetch(iter([None, 0, None]), 3)] == [None, 0, None]
    assert [*prefetch(iter([]), 3)] == []


def test_it_is_made_in_one_other_thread():
    threads = {*prefetch((threading.get_ident() for _ in range(9)), 3)}
    assert len(threads) == 1
    assert threads != {threading.get_ident()}


def test_no_more_than_so_many_wait():
    made = []
    items = prefetch((made.append(i) or i for i in range(100)), 3)
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(made) <= 5


def test_an_error_comes_in_its_turn():
    def failing():
        yield 1
        raise RuntimeError("out of ink")

    items = prefetch(failing(), 3)
    assert next(items) == 1
    with pytest.raises(RuntimeError, match="out of ink"):
        next(items)
