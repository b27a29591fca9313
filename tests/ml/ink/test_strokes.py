"""What counts as a drawing, and what each refusal says."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.ink.strokes import (
    MAX_POINTS,
    MAX_STROKES,
    InkError,
    arc_lengths,
    bounds,
    parse_strokes,
    points_along,
    transform,
)


def test_it_works():
    strokes = parse_strokes([[[1, 2], [3, 4.5, 17]], [], [[0, 0]]])
    assert [stroke.tolist() for stroke in strokes] == [[[1, 2], [3, 4.5]], [[0, 0]]]
    assert all(stroke.dtype == np.float32 for stroke in strokes)
    assert bounds(strokes) == (0, 0, 3, 4.5)


@pytest.mark.parametrize("raw", [[], [[]], [[], []]])
def test_nothing_drawn(raw):
    with pytest.raises(InkError, match="nothing drawn"):
        parse_strokes(raw)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (None, "list of strokes"),
        ("[[1, 2]]", "list of strokes"),
        ({"strokes": []}, "list of strokes"),
        ([1, 2], "stroke must be a list"),
        ([{"x": 1}], "stroke must be a list"),
        (["12"], "stroke must be a list"),
        ([[1, 2]], "point must be a list"),
        ([["ab"]], "point must be a list"),
        ([[[1]]], "two numbers"),
        ([[[1, 2, 3, 4]]], "two numbers"),
        ([[[1, "2"]]], "must be numbers"),
        ([[[1, None]]], "must be numbers"),
        ([[[True, False]]], "must be numbers"),
        ([[[1, [2]]]], "must be numbers"),
        ([[[math.nan, 1]]], "must lie between"),
        ([[[1, math.inf]]], "must lie between"),
        ([[[1, -2e6]]], "must lie between"),
        ([[[10**400, 1]]], "must lie between"),
        ([[[0, 0]]] * (MAX_STROKES + 1), "too many strokes"),
        ([[[0, 0]] * (MAX_POINTS + 1)], "too many points"),
    ],
)
def test_refused(raw, says):
    with pytest.raises(InkError, match=says):
        parse_strokes(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=30,
)


@given(json_values)
def test_whatever_comes_it_is_ink_or_refused(raw):
    try:
        strokes = parse_strokes(raw)
    except InkError:
        return
    assert strokes
    assert all(stroke.ndim == 2 and len(stroke) and np.isfinite(stroke).all() for stroke in strokes)


def test_a_usual_drawing_takes_well_under_a_millisecond():
    raw = [[[float(i), 2.0 * i, i] for i in range(150)] for _ in range(2)]
    times = []
    for _ in range(20):
        started = time.perf_counter()
        parse_strokes(raw)
        times.append(time.perf_counter() - started)
    assert min(times) < 1e-3  # about 0.1 ms; the rest is for slow machines


def test_transform_moves_and_scales():
    moved = transform([np.array([[1, 1]], np.float32)], np.array([[2, 0, 5], [0, 3, 7]]))
    assert moved[0].tolist() == [[7, 10]]


def test_points_lie_along_a_stroke():
    corner = np.array([[0, 0], [3, 0], [3, 4]], np.float32)
    along = arc_lengths(corner)
    assert along.tolist() == [0, 3, 7]
    assert points_along(corner, along, [1.5, 5.0, 7.0]).tolist() == [[1.5, 0], [3, 2], [3, 4]]


def test_a_stroke_of_one_point_has_no_length():
    dot = np.array([[2, 5]], np.float32)
    assert points_along(dot, arc_lengths(dot), np.zeros(3)).tolist() == [[2, 5]] * 3
