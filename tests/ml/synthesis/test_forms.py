"""Synthetic forms: what they hold, who fills them in, and that the reader reads them and not their lines."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from ml.synthesis.form_layouts import EMPTY_LAYOUTS, LAYOUTS
from ml.synthesis.forms import FilledForm, Look, fill_form
from ml.synthesis.handwriting import write_digit
from ml.synthesis.number_cases import recorded_writer, synthetic_writer

CLEAN = Look(height=60, pen=5, line=2, ink=(20, 28, 95), print=(20, 20, 20))


def filled(layout: str, seed: int = 0, *, is_empty: bool = False) -> FilledForm:
    rng = np.random.default_rng((seed, zlib.crc32(layout.encode())))
    return fill_form(layout, synthetic_writer(rng), rng, is_empty=is_empty, look=CLEAN)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_form_has_a_picture_and_its_text(layout):
    form = filled(layout)
    assert form.picture.dtype == np.uint8
    assert form.picture.shape[2] == 3
    assert set(form.text) <= set("0123456789 \n")
    assert form.text.strip() == form.text != ""


def test_the_same_seed_gives_the_same_form():
    first, second = filled("table", 3), filled("table", 3)
    assert first.text == second.text
    assert (first.picture == second.picture).all()


def test_an_empty_form_has_lines_and_no_text():
    form = filled("boxes_joined", is_empty=True)
    assert form.text == ""
    assert form.picture.min() < 60


def test_recorded_digits_fill_a_form_in():
    drawing = write_digit(7, rng=np.random.default_rng(0))
    rng = np.random.default_rng(1)
    form = fill_form("comb", recorded_writer([drawing], [7]), rng, look=CLEAN)
    assert set(form.text) == {"7"}


def test_an_unknown_layout_is_refused():
    with pytest.raises(KeyError):
        filled("envelope")


def test_forms_are_read(reader):
    forms = [filled(layout) for layout in LAYOUTS]
    readings = reader.read([form.picture for form in forms])
    assert {layout: "".join(reading.text.split()) for layout, reading in zip(LAYOUTS, readings, strict=True)} == {
        layout: "".join(form.text.split()) for layout, form in zip(LAYOUTS, forms, strict=True)
    }


def test_empty_forms_are_never_read(reader):
    pictures = [filled(layout, is_empty=True).picture for layout in EMPTY_LAYOUTS]
    assert [reading.text for reading in reader.read(pictures)] == [""] * len(pictures)
