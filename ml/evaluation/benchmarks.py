"""The benchmarks: sets of drawings with known texts on which a reader is measured.

Test parts are for reporting, not for choosing between readers.
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.data.lookalikes import stroke_label
from ml.evaluation.labeled_drawings import (
    Loader,
    cells_of_strangers,
    characters,
    cheques,
    forms,
    image_files,
    images,
    is_letter_but_o,
    is_one_line,
    is_separable,
    is_separable_name,
    is_sign,
    labeled_images,
    mnist_test,
    omniglot,
    pendigits_test,
    photos,
    scribbles,
    semeion,
    shapes,
    strings,
    strings_of_strangers,
)
from ml.labels import NOT_A_DIGIT
from ml.synthesis.form_layouts import EMPTY_LAYOUTS, LAYOUTS

_PEN_DIGITS = ("pendigits_test", "uji_digits")


@dataclass(frozen=True)
class Benchmark:
    """A set under a name. `file` is relative to the data folder; `kind` is how a reading of it is judged:

    glyph      28x28 pixels, straight to the glyph network
    text       the whole text must be right
    digits     the same without spaces and line ends, which the labels do not have
    page       the share of right digits counts, by edit distance
    no_digit   must not be recognised; `digits` are the benchmarks from which it has to be told

    The digits come from the same pens or paper where there are such: readers must not tell devices apart. `load`
    raises DatasetError for a damaged file.
    """

    name: str
    title: str
    kind: str
    file: str
    load: Loader
    digits: tuple[str, ...] = _PEN_DIGITS


_PEN, _UJI, _PHOTOS = "pendigits_strokes.npz", "uji_strokes.npz", "photos/labels.json"
_OMNIGLOT = "omniglot_small.npz"
_UNIPEN, _DIGILETS = "unipen_part_strokes.npz", "digilets_strokes.npz"
_EXPRESSMATCH, _MATHBRUSH = "expressmatch_strokes.npz", "mathbrush_symbols_strokes.npz"
_PHOTOS2 = "photos2/labels.json"
_GREEK, _NONDIGITS = "gcdb_greek_letters.npz", "drawn_nondigits.npz"
_PAPER_DIGITS = ("kensanata", "tgtony_digits")
BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark("mnist_test", "MNIST test, glyphs", "glyph", "mnist.npz", mnist_test),
    Benchmark("mnist_test_as_pictures", "MNIST test, as pictures", "text", "mnist.npz", mnist_test),
    Benchmark("pendigits_test", "Pen digits of unseen writers", "text", _PEN, pendigits_test),
    Benchmark("strings_apart", "Strings of 2 to 6 pen digits, apart", "text", _PEN, strings(0.15, 0.5)),
    Benchmark("strings_close", "Strings of 2 to 6 pen digits, close", "text", _PEN, strings(0.0, 0.15)),
    Benchmark("strings_overlapping", "Strings of 2 to 6 pen digits, overlapping", "text", _PEN,
              strings(-0.15, 0.0)),
    Benchmark("uji_digits", "UJI digits of unseen writers", "text", _UJI, characters("uji", str.isdigit)),
    Benchmark("optdigits", "Optdigits, 32x32 bitmaps", "text", "optdigits.npz", images(invert=True)),
    Benchmark("semeion", "Semeion, 16x16, stretched", "text", "semeion.npz", semeion),
    Benchmark("hwd1000", "HwD-1000, drawn on a screen", "text", "hwd1000.npz", images(invert=False)),
    Benchmark("cheques", "Cheque amounts (ORAND-CAR-A)", "digits", "orand_car_a.npz", cheques),
    Benchmark("photos_digits", "Photos of digits", "text", _PHOTOS, photos("photo", "photo-28px", "drawn")),
    Benchmark("photos_pages", "Photos of pages", "page", _PHOTOS, photos("page")),
    Benchmark("unipen_digits", "UNIPEN digits of unseen devices", "text", _UNIPEN,
              characters("unipen", str.isdigit)),
    Benchmark("unipen_apart", "Strings of UNIPEN digits, apart", "text", _UNIPEN,
              strings_of_strangers("unipen", 0.15, 0.5)),
    Benchmark("unipen_close", "Strings of UNIPEN digits, close", "text", _UNIPEN,
              strings_of_strangers("unipen", 0.0, 0.15)),
    Benchmark("unipen_overlapping", "Strings of UNIPEN digits, overlapping", "text", _UNIPEN,
              strings_of_strangers("unipen", -0.15, 0.0)),
    Benchmark("digilets_digits", "DigiLeTs digits of unseen students", "text", _DIGILETS,
              characters("digilets", str.isdigit)),
    Benchmark("digilets_overlapping", "Strings of DigiLeTs digits, overlapping", "text", _DIGILETS,
              strings_of_strangers("digilets", -0.15, 0.0)),
    Benchmark("expressmatch_digits", "Digits out of formulas (ExpressMatch)", "text", _EXPRESSMATCH,
              characters("expressmatch", str.isdigit)),
    Benchmark("mathbrush_digits", "Digits out of formulas (MathBrush)", "text", _MATHBRUSH,
              characters("mathbrush", str.isdigit)),
    Benchmark("skahl_digits", "Digits on a tablet, to which the calibration is fitted (Skahl)", "text",
              "skahl_digits_strokes.npz", characters(None, str.isdigit)),
    Benchmark("lipitk_digits", "Digits on a tablet, to which the calibration is fitted (LipiTk)", "text",
              "lipitk_numerals_strokes.npz", characters(None, str.isdigit)),
    Benchmark("chars74k_digits", "Chars74K digits, to which the calibration is fitted", "text",
              "chars74k_strokes.npz", characters(None, str.isdigit)),
    Benchmark("kensanata", "Scanned Swiss digits of unseen writers", "text", "kensanata_numbers.npz",
              cells_of_strangers("kensanata", "writer")),
    Benchmark("sudoku", "Digits in photographed sudokus, unseen pages", "text", "sudoku_cells.npz",
              cells_of_strangers("sudoku", "page")),
    Benchmark("tgtony_digits", "Scanned digits", "text", "tgtony_scans.npz", labeled_images(str.isdigit)),
    Benchmark("drawn_digits", "Pictures that digit programs were tried with", "text", "drawn_digits.npz",
              image_files("label")),
    Benchmark("dida", "Church books (DIDA)", "text", "dida_digits.npz", images(invert=False)),
    Benchmark("ardis", "Church books (ARDIS IV), test part", "text", "ardis_iv.npz",
              images(invert=True, test=True)),
    Benchmark("marksheets", "Marks of two and three digits", "digits", "marksheet_cells.npz",
              image_files("string")),
    Benchmark("photos2_digits", "Photos of digits, more people", "text", _PHOTOS2,
              photos("photo", "photo-28px", "drawn")),
    Benchmark("photos2_lines", "Photos of one line, such as a sum", "page", _PHOTOS2,
              photos("page", is_chosen=is_one_line)),
    Benchmark("photos2_pages", "Photos of pages, more people", "page", _PHOTOS2,
              photos("page", is_chosen=lambda label: not is_one_line(label))),
    Benchmark("separable_letters", "Letters unlike any digit", "no_digit", _UJI,
              characters("uji", is_separable)),
    Benchmark("all_letters", "All letters", "no_digit", _UJI, characters("uji", str.isalpha)),
    Benchmark("unipen_letters", "Letters unlike any digit, unseen devices (UNIPEN)", "no_digit", _UNIPEN,
              characters("unipen", is_separable), ("unipen_digits",)),
    Benchmark("unipen_signs", "Signs unlike a 1, unseen devices (UNIPEN)", "no_digit", _UNIPEN,
              characters("unipen", is_sign), ("unipen_digits",)),
    Benchmark("digilets_letters", "Letters unlike any digit, unseen students (DigiLeTs)", "no_digit", _DIGILETS,
              characters("digilets", is_separable), ("digilets_digits",)),
    Benchmark("expressmatch_letters", "Letters unlike any digit, out of formulas", "no_digit", _EXPRESSMATCH,
              characters("expressmatch", is_separable), ("expressmatch_digits",)),
    Benchmark("expressmatch_signs", "Signs unlike any digit, out of formulas", "no_digit", _EXPRESSMATCH,
              characters("expressmatch", is_sign), ("expressmatch_digits",)),
    Benchmark("mathbrush_letters", "Letters unlike any digit, out of formulas (MathBrush)", "no_digit", _MATHBRUSH,
              characters("mathbrush", is_separable), ("mathbrush_digits",)),
    Benchmark("me231_signs", "Signs and arrows (ME231)", "no_digit", "me231_symbols_strokes.npz",
              characters("me231", lambda label: label != "1/2" and stroke_label(label) == NOT_A_DIGIT)),
    Benchmark("tgtony_signs", "Scanned signs of sums", "no_digit", "tgtony_scans.npz",
              labeled_images(is_sign), ("tgtony_digits",)),
    Benchmark("greek_letters", "Greek letters on paper, unlike any digit", "no_digit", _GREEK,
              labeled_images(is_separable_name), _PAPER_DIGITS),
    Benchmark("all_greek_letters", "Greek letters on paper, all but omikron", "no_digit", _GREEK,
              labeled_images(is_letter_but_o), _PAPER_DIGITS),
    Benchmark("drawn_letters", "Pictures of letters, unlike any digit", "no_digit", _NONDIGITS,
              image_files("label", is_separable_name), ("drawn_digits",)),
    Benchmark("all_drawn_letters", "Pictures of letters, all but o", "no_digit", _NONDIGITS,
              image_files("label", is_letter_but_o), ("drawn_digits",)),
    Benchmark("shapes", "Squares, triangles and the like", "no_digit", "shapes_strokes.npz", shapes),
    Benchmark("omniglot", "Characters unlike any digit (Omniglot)", "no_digit", _OMNIGLOT,
              omniglot(digitlike=False)),
    Benchmark("all_omniglot", "All characters (Omniglot)", "no_digit", _OMNIGLOT, omniglot(digitlike=True)),
    Benchmark("forms", "Forms filled in by synthetic hands", "digits", ".", forms(LAYOUTS, are_empty=False)),
    Benchmark("empty_forms", "Empty forms", "no_digit", ".", forms(EMPTY_LAYOUTS, are_empty=True)),
    Benchmark("scribbles", "Scribbles", "no_digit", ".", scribbles),
)  # fmt: skip

# The data files; "." stands in benchmarks that need none.
FILES = tuple(sorted({benchmark.file for benchmark in BENCHMARKS} - {"."}))
