"""The report: what it measures, what it shows, and that it is one page that needs nothing else."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from ml.evaluation.benchmarks import Benchmark
from ml.evaluation.evaluate import Answer, BenchmarkResult, EvaluationReport
from ml.evaluation.labeled_drawings import LabeledDrawings
from ml.evaluation.report import robustness, speed
from ml.evaluation.report.formatting import percent
from ml.evaluation.report.model_card import render_model_card
from ml.evaluation.report.plots import Axis, DotRow, Series, chart, dots, linear
from ml.evaluation.report.rendering import render_strokes
from ml.evaluation.report.report_page import render_report
from ml.evaluation.report.robustness import EFFECTS, Curve
from ml.evaluation.report.speed import Speed, Timing
from ml.evaluation.report.study import Study, measure_reader
from ml.evaluation.report.targets import MISSED, PASSED, REACHED, TARGETS, Target
from ml.evaluation.report.worst_readings import confusion_counts, worst_readings
from ml.synthesis.handwriting import write_digit

STROKES = [np.array([[0, 0], [0, 10], [6, 10]], np.float32)]


def result(name: str, kind: str, answers: list[tuple[str, str, str, float]]) -> BenchmarkResult:
    """A set of truths, states, texts and confidences."""
    benchmark = Benchmark(name, f"The set <{name}>", kind, "none", lambda file, card: LabeledDrawings([], []))
    said = [Answer(state, text, sure) for _, state, text, sure in answers]
    return BenchmarkResult(benchmark, [STROKES] * len(answers), [truth for truth, *_ in answers], said)


@pytest.fixture
def measured() -> Study:
    """Nine of ten pen digits right, one letter taken for a digit, half of the strings right."""
    pen = [(str(i), "recognised", str(i), 0.9 + i / 100) for i in range(9)] + [("9", "unsure", "4", 0.55)]
    letters = [("", "not_a_digit", "", 0.9), ("", "recognised", "8", 0.97)]
    strings = [("12", "recognised", "12", 0.9), ("345", "recognised", "35", 0.8)]
    results = (
        result("pendigits_test", "text", pen),
        result("strings_close", "text", strings),
        result("separable_letters", "no_digit", letters),
    )
    curves = (Curve(EFFECTS[0], 10, (1, 1, 2, 3)),)
    timing = Timing("one_digit", "a drawing of one digit", 5, 0.5, 0.7)
    made_of = {"sources": ["A & B, <CC BY>"], "network": {"parameters": 1234}, "calibration": {"sure": 0.8}}
    return Study(
        EvaluationReport("abc", results), made_of, curves, Speed((timing,), {"model.tflite": 1500000}, 2**27)
    )


class Page(HTMLParser):
    """What a page is made of, and whether every tag is closed in its turn."""

    VOID = frozenset(("meta", "img", "br"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open += [] if tag in self.VOID else [tag]

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_figures(measured):
    figures = measured.figures()
    assert figures["accuracy_pendigits_test"] == pytest.approx(0.9)
    assert figures["lost_moved"] == pytest.approx(0.2)
    assert figures["ms_one_digit"] == 0.5
    assert figures["megabytes"] == 1.5
    assert figures["auroc_separable_letters"] == pytest.approx((10 + 1.5) / 20)
    low, high = measured.ece_intervals()["ece_digits"]
    assert low <= figures["ece_digits"] <= high
    assert json.loads(json.dumps(measured.as_json()))["robustness"][0]["errors"] == [1, 1, 2, 3]


def test_the_page_is_whole_and_needs_nothing_else(measured):
    page = Page(render_report(measured, {"pendigits_test": {"<tail>": "A curled <tail>."}}))
    assert not page.open
    names = {tag for tag, _ in page.tags}
    assert {"svg", "table", "figure"} <= names
    assert not names & {"script", "link", "iframe"}
    assert all(attributes["src"].startswith("data:image/") for tag, attributes in page.tags if tag == "img")
    assert all(attributes["href"].startswith("#") for tag, attributes in page.tags if tag == "a")


def test_the_page_can_be_heard(measured):
    page = Page(render_report(measured))
    assert all(a.get("alt") for tag, a in page.tags if tag == "img")
    assert all(a.get("aria-label") or a.get("aria-hidden") for tag, a in page.tags if tag == "svg")
    headings = [a for tag, a in page.tags if tag == "th"]
    assert headings
    assert all(a["scope"] in ("col", "row") for a in headings)


def test_the_page_escapes_what_it_is_told(measured):
    page = render_report(measured, {"pendigits_test": {"<tail>": "A curled <tail>."}})
    assert "<dt>&lt;tail&gt;</dt><dd>A curled &lt;tail&gt;.</dd>" in page
    assert "A &amp; B, &lt;CC BY&gt;" in page
    assert "<pendigits_test>" not in page


def test_links_lead_somewhere(measured):
    page = Page(render_report(measured))
    places = {a["id"] for _, a in page.tags if "id" in a}
    assert {a["href"][1:] for tag, a in page.tags if tag == "a"} <= places


def test_a_report_on_nothing():
    empty = Study(EvaluationReport("abc", ()), {}, (), None)
    assert not Page(render_report(empty)).open
    assert empty.figures() == {}
    assert "abc" in render_model_card(empty)


def test_another_reader_stands_beside_ours(measured):
    other = EvaluationReport("Other", measured.report.results)
    page = render_report(measured, others=[other], costs={"abc": (0.5, 10.0), "Other": (20.0, 200.0)})
    assert '<th scope="col">Other</th>' in page
    assert "<td>200.0</td>" in page


def test_the_card(measured):
    text = render_model_card(measured)
    assert "1,234 parameters, 1.50 MB" in text
    assert "- A & B, <CC BY>" in text
    assert "| The set <pendigits_test> | 10 | 1 | 90.00 % | 59.58 - 98.21 % |" in text
    assert "| Reading a drawing of one digit, median | 0.50 ms | 1.50 ms | 0.60 ms | goal reached |" in text


@pytest.mark.parametrize(
    ("bar", "values"),
    [(Target("a", "", 0.9, 0.95), (0.95, 0.9, 0.8999)), (Target("a", "", 0.1, 0.05), (0.05, 0.1, 0.1001))],
)
def test_verdicts(bar, values):
    assert [bar.verdict(value) for value in values] == [REACHED, PASSED, MISSED]


def test_every_bar_has_a_figure_of_its_own():
    assert len({bar.figure for bar in TARGETS}) == len(TARGETS)
    assert all(bar.floor != bar.goal for bar in TARGETS)


def test_misread_drawings_come_first_then_the_least_sure(measured):
    readings = worst_readings(measured.report.results[0], most=3)
    assert [(r.index, r.truth, r.answer.text, r.is_wrong) for r in readings] == [
        (9, "9", "4", True),
        (0, "0", "0", False),
        (1, "1", "1", False),
    ]
    assert readings[0].picture.startswith("data:image/webp;base64,")


def test_signs_come_by_how_nearly_they_are_taken():
    signs = [("", "not_a_digit", "", 0.9), ("", "unsure", "7", 0.4), ("", "not_a_digit", "", 0.6)]
    taken = [("", "recognised", "1", 0.7), ("", "recognised", "1", 0.9)]
    assert [r.index for r in worst_readings(result("a", "no_digit", signs + taken))] == [4, 3, 1, 2, 0]


def test_the_worst_of_pictures_fit_on_the_sheet():
    pictures = result("a", "text", [("1", "recognised", "2", 0.6), ("", "recognised", "3", 0.9)])
    grey, colours = np.full((50, 3000), 255, np.uint8), np.full((50, 40, 3), 255, np.uint8)
    pictures = BenchmarkResult(pictures.benchmark, [grey, colours], pictures.texts, pictures.answers)
    assert [reading.index for reading in worst_readings(pictures)] == [1, 0]
    assert all(reading.size[0] <= 200 for reading in worst_readings(pictures))


def test_confusion_counts_several_and_nothing(measured):
    extra = result("a", "text", [("1", "recognised", "11", 0.9), ("1", "not_a_digit", "", 0.9)])
    counts, unsure = confusion_counts([measured.report.results[0], extra])
    assert counts.sum() == 12
    assert counts[1, 1] == counts[1, 10] == counts[1, 11] == counts[9, 4] == 1
    assert unsure.tolist() == [0] * 9 + [1]


def test_drawings_are_dark_on_white():
    picture = render_strokes(STROKES, 64)
    assert picture[0, 0] == 255
    assert picture.min() == 0
    assert picture.shape[0] == pytest.approx(64 * 1.3, abs=1)
    assert render_strokes([np.zeros((1, 2), np.float32)], 64).min() == 0


def test_plots_are_sound_svg():
    axis = Axis("errors", 0, 1, [(0, "0"), (1, "1")])
    lines = [Series(f"<{i}>", [0, 0.5], [0.2, 2.0], [(0.1, 0.3), (0, 1)], marked=True) for i in range(7)]
    drawn = chart("A & B", linear("x", 0, 1, percent), axis, lines, diagonal=True, marks=[0.5])
    ElementTree.fromstring(f"<div>{drawn}</div>")
    heights = [float(y) for y in re.findall(r'y2="([-\d.]+)"', drawn)]
    assert all(0 <= y <= 280 for y in heights)  # what lies beyond an axis stays at its end
    ElementTree.fromstring(
        dots("C", axis, [DotRow("<r>", 0.5, (0.4, 0.6), 0.9, 0.95), DotRow("s", 0.5, (0.4, 0.6))])
    )


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.name)
def test_effects_change_more_with_their_strength(effect, rng):
    assert effect.plain in effect.strengths
    strokes = [100 * stroke for stroke in write_digit(5, rng=rng)]
    changed = [effect.change(strokes, s, np.random.default_rng(1)) for s in effect.strengths]
    plain = changed[effect.strengths.index(effect.plain)]
    again = effect.change(strokes, effect.plain, np.random.default_rng(1))
    assert all(np.array_equal(a, b) for a, b in zip(plain, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(changed[0], changed[-1], strict=True))


def test_robustness_counts_errors(reader, rng):
    labels = [2, 3, 5, 7]
    sample = LabeledDrawings([write_digit(label, rng=rng) for label in labels], [str(label) for label in labels])
    shaken = next(effect for effect in EFFECTS if effect.name == "shake")
    spoiled = robustness.Effect("x", "x", "", (0.0, 2.0), 0.0, shaken.change)
    (curve,) = robustness.measure_robustness(reader, sample, [spoiled])
    assert curve.n == 4
    assert curve.errors[0] <= 1 < curve.errors[1]
    assert curve.lost == (curve.errors[1] - curve.errors[0]) / 4


def test_speed_weighs_an_artifact(reader):
    from ml.inference.reader import SHIPPED

    data = SHIPPED.read_bytes()
    assert sum(speed.member_sizes(data).values()) == pytest.approx(len(data), rel=0.01)
    peak = speed.peak_memory(data)
    assert peak is None or 20e6 < peak < 500e6


def test_a_timing_reads_its_drawings_in_turn():
    class CountingReader:
        version, card = "counting", {}

        def __init__(self):
            self.drawings = []

        def read(self, drawings):
            self.drawings += drawings
            return [Answer("recognised", "1", 0.9) for _ in drawings]

    reader = CountingReader()
    timing = Timing.measure(reader, "kind", "A kind", lambda seed: seed, 23)
    assert reader.drawings == [0, 1, 2, *range(20), 0, 1, 2]  # three to warm up, then 23 of 20 drawings
    assert (timing.name, timing.title, timing.n) == ("kind", "A kind", 23)
    assert 0 <= timing.median <= timing.p95


def test_the_page_to_time_holds_forty_digits():
    page = speed.page(1)
    assert page.shape == (1200, 1600)
    assert 0.005 < (page < 128).mean() < 0.1


def test_a_study_of_one_set(reader, tmp_path):
    told: list[str] = []
    study = measure_reader(reader, tmp_path, ["scribbles"], told=told.append, most=12)
    assert [r.n for r in study.report.results] == [12]
    assert told[0].startswith("scribbles:")
    assert study.speed is None
    assert study.curves == ()
