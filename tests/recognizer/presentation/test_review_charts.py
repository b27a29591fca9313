"""Figures about reviewing, as numbers for plots and tables."""

from __future__ import annotations

from datetime import date

from recognizer.presentation import review_charts as charts
from recognizer.presentation.review_charts import Mark


def test_each_cell_of_a_matrix_leads_to_its_drawings() -> None:
    rows = charts.matrix_rows({("7", "1"): 3, ("", "4"): 1}, version=3, sample=False)
    assert [row.truth for row in rows] == [*"0123456789", "none"]
    assert [cell.read for cell in rows[0].cells] == [*"0123456789", "none"]
    assert rows[1].cells[7].query == "read=7&truth=1&state=decided&version=3"
    assert rows[4].cells[10].query == "read=none&truth=4&state=decided&version=3"
    sampled = charts.matrix_rows({}, version=3, sample=True)
    assert sampled[1].cells[7].query == "read=7&truth=1&state=decided&version=3&sample=1"


def test_wrong_cells_stand_out_by_their_number() -> None:
    counts = {("7", "7"): 500, ("7", "1"): 80, ("2", "1"): 8, ("3", "1"): 1, ("1", "1"): 20}
    row = charts.matrix_rows(counts, version=3, sample=False)[1]
    assert [cell.level for cell in row.cells] == ["0", "right", "2", "1", "0", "0", "0", "4", "0", "0", "0"]
    assert (row.n, row.wrong) == (109, 89)


def test_a_plot_places_shares_between_the_ends_of_all_intervals() -> None:
    marks = [
        Mark(1, 0.9, (0.86, 0.94), "v1", "one"),
        Mark(2, 0.95, (0.91, 0.98), "v2", "two"),
        Mark(3, 0.95, (0.9, 0.97), "v2", "three"),
    ]
    plot = charts.plot(marks, [(1, "first"), (3, "last")])
    assert [tick.words for tick in plot.shares] == ["85 %", "90 %", "95 %", "100 %"]
    assert [(dot.first, dot.is_odd) for dot in plot.dots] == [(True, False), (True, True), (False, True)]
    first, second, third = plot.dots
    assert float(plot.shares[0].at) == plot.floor
    assert plot.left < float(first.x) < float(second.x) < float(third.x) < plot.right
    assert float(first.y) > float(second.y) == float(third.y)  # y grows downwards
    assert float(first.low) > float(first.y) > float(first.high)
    assert float(second.high) >= 0
    assert float(plot.places[1].at) == float(third.x)


def test_one_share_is_a_plot_too() -> None:
    plot = charts.plot([Mark(5, 1.0, (1.0, 1.0), "v1", "all")], [(5, "here")])
    [dot] = plot.dots
    assert plot.left < float(dot.x) < plot.right
    assert 0 <= float(dot.y) <= plot.floor


def test_a_fit_is_a_line_through_the_plot() -> None:
    marks = [Mark(0, 0.2, (0.1, 0.3), "v1", ""), Mark(1, 0.1, (0.05, 0.15), "v2", "")]
    plot = charts.plot(marks, [], lambda x: 0.2 - 0.1 * x)
    ends = [point.split(",") for point in plot.line.split()]
    assert ends[0] == [plot.dots[0].x, plot.dots[0].y]
    assert ends[-1] == [plot.dots[1].x, plot.dots[1].y]


def test_marks_of_weeks_say_what_they_are() -> None:
    [mark] = charts.week_marks([(date(2026, 11, 23), 3, 0.982, (0.971, 0.9891), 500)])
    assert mark.words == "Week of 2026-11-23, version 3: 98.2 % of 500, 97.1 to 98.9"
    assert mark.series == "v3"
