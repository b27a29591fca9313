"""How much the reader gains from the confirmed digits of a writer.

    python -m ml.evaluation.personalization_study --data DIR [--test]

The writers of the data sets stand for users. Some digits of each are confirmed, and the others are read with and
without them. Without ``--test`` the writers are those on whom `ml.inference.personalization.KernelSettings` was
chosen; on the others nothing may be chosen.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.augmentation.trajectory_batches import vary_strokes
from ml.data.loaders import StrokeSet, load_characters, load_images, load_mnist, load_strokes
from ml.data.lookalikes import SEPARABLE_LETTERS
from ml.data.splits import held_out
from ml.evaluation.labeled_drawings import Drawing, LabeledDrawings
from ml.inference.personalization import ReferencePopulation, WriterProfile
from ml.inference.reader import SHIPPED, Reader
from ml.ink.glyph import strokes_to_glyph
from ml.ink.strokes import Strokes
from ml.ink.trajectory import strokes_to_trajectory
from ml.labels import Floats, Labels
from ml.synthesis.handwriting import compose_line, write_sign

log = logging.getLogger("ml.evaluation.personalization_study")

CONFIRMED = (3, 5, 15)  # digits that are confirmed, for the tallies of single digits
_CONFIRMED_WHOLE = (5, 15)  # and where the whole reader reads the rest, at some milliseconds a digit
# Strengths of `ml.augmentation.trajectory_batches.vary_strokes`. At 1, as in training, hardly any digit is
# misread.
_HURRIED = (2.0, 3.0)

Ints = NDArray[np.int64]
ConfirmationRule = Callable[[NDArray[np.bool_], int, Generator], Ints]


@dataclass(frozen=True, eq=False)
class WriterDigits:
    """Digits of one writer: `labels` (n,), log-probabilities of the labels without a profile `digits` (n, 10), and
    `embeddings` (n, d)."""

    labels: Labels
    digits: Floats
    embeddings: NDArray[np.float32]

    @property
    def misread(self) -> NDArray[np.bool_]:
        """(n,) whether each digit is misread without a profile."""
        return np.asarray(self.digits.argmax(axis=1) != self.labels)

    def tally_rest(self, population: ReferencePopulation, confirmed: Ints) -> Tally:
        """The tally of all digits but the confirmed ones, whose indices are given; these must be enough for a
        profile, as CONFIRMED are."""
        profile = population.profile(self.labels[confirmed].tolist(), self.embeddings[confirmed])
        assert profile is not None
        rest = np.setdiff1d(np.arange(len(self.labels)), confirmed)
        labels, digits = self.labels[rest], self.digits[rest]
        adapted = profile.adapt(digits, self.embeddings[rest])
        before, after = (_counts(labels[x.argmax(axis=1) != labels]) for x in (digits, adapted))
        nats_before, nats_after = (-float(x[np.arange(len(rest)), labels].sum()) for x in (digits, adapted))
        return Tally(_counts(labels), before, after, nats_before, nats_after)


@dataclass(frozen=True, eq=False)
class Tally:
    """Digits of each label (10,) that were read (`seen`) and that were misread without (`before`) and with a
    profile (`after`), and the sums of their negative log-likelihoods in nats."""

    seen: Floats
    before: Floats
    after: Floats
    nats_before: float
    nats_after: float

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.seen + other.seen,
            self.before + other.before,
            self.after + other.after,
            self.nats_before + other.nats_before,
            self.nats_after + other.nats_after,
        )

    @property
    def change(self) -> float:
        """The relative change of the number of errors: -0.2 for a fifth fewer; 0 where there were none before."""
        before, after = self.before.sum(), self.after.sum()
        return float(after / before - 1.0) if before else 0.0

    @property
    def worst(self) -> float:
        """The largest rise of the error rate of a label, in percentage points."""
        return float((100.0 * (self.after - self.before) / self.seen.clip(1)).max())

    def as_text(self) -> str:
        """Error rates before and after, and changes, on one line."""
        before, after = (100.0 * errors.sum() / self.seen.sum() for errors in (self.before, self.after))
        nats = self.nats_after / max(self.nats_before, 1e-9) - 1.0
        return (
            f"{before:6.2f} % {after:6.2f} % {self.change:+8.1%}  loss {nats:+6.1%}  worst label {self.worst:+.2f}"
        )


def by_chance(misread: NDArray[np.bool_], n: int, rng: Generator) -> Ints:
    """The indices of `n` random digits of a writer."""
    return rng.permutation(len(misread))[:n]


def as_corrected(misread: NDArray[np.bool_], n: int, rng: Generator) -> Ints:
    """The indices of `n` digits as the site sees them: in the first half that a writer writes the misread ones are
    corrected, at most n / 2 of them, and others are confirmed as they were read."""
    order = rng.permutation(len(misread))
    first_half = order[: len(order) // 2]
    corrected = first_half[misread[first_half]][: max(1, n // 2)]
    return np.concatenate([corrected, order[~np.isin(order, corrected)]])[:n]


RULES: dict[str, ConfirmationRule] = {"by chance": by_chance, "as corrected": as_corrected}


def tally(
    population: ReferencePopulation, writers: Sequence[WriterDigits], n: int, rule: ConfirmationRule, draws: int
) -> Tally:
    """The sum over `draws` random choices of `n` confirmed digits of each writer who has more than `n`.

    The confirmed digits themselves are not counted. The seed is fixed.
    """
    rng = np.random.default_rng((0, n))
    total = Tally(np.zeros(10), np.zeros(10), np.zeros(10), 0.0, 0.0)
    for writer in writers:
        for _ in range(draws if len(writer.labels) > n else 0):
            total += writer.tally_rest(population, rule(writer.misread, n, rng))
    return total


def _counts(labels: Labels) -> Floats:
    return np.bincount(labels, minlength=10).astype(np.float64)


def stroke_writers(
    reader: Reader, drawings: Sequence[Strokes], labels: Labels, writers: Ints
) -> list[WriterDigits]:
    """The digits of each writer, each drawing being one digit; `labels` and `writers` have shape (n,)."""
    glyphs = np.stack([strokes_to_glyph(drawing) for drawing in drawings])
    trajectories = np.stack([strokes_to_trajectory(drawing) for drawing in drawings])
    return _by_writer(*reader.classify_with_embeddings(glyphs, trajectories), labels, writers)


def glyph_writers(reader: Reader, glyphs: NDArray[np.uint8], labels: Labels, writers: Ints) -> list[WriterDigits]:
    """The same of glyphs (n, 28, 28) without trajectories."""
    return _by_writer(*reader.classify_with_embeddings(glyphs), labels, writers)


def _by_writer(
    digits: Floats, embeddings: NDArray[np.float32], labels: Labels, writers: Ints
) -> list[WriterDigits]:
    own = [writers == writer for writer in np.unique(writers)]
    return [WriterDigits(labels[rows], digits[rows], embeddings[rows]) for rows in own]


def hurry_strokes(drawings: Sequence[Strokes], writers: Ints, strength: float) -> list[Strokes]:
    """The drawings as if written in a hurry: each writer turns, slants and widens in one way."""
    # Equal seeds make the first draws of `vary_strokes` equal, which turn, slant and widen the whole.
    return [
        vary_strokes(drawing, np.random.default_rng((int(strength * 10), int(writer))), strength)
        for drawing, writer in zip(drawings, writers, strict=True)
    ]


def writer_sets(reader: Reader, folder: Path, *, test: bool) -> Iterator[tuple[str, list[WriterDigits]]]:
    """Sets of writers who do not train, by title; with `test` those of the test parts. Raises DatasetError."""
    pen = _pen_digits(folder, test=test)
    if test:
        yield "pen digits", stroke_writers(reader, pen.drawings, pen.label, pen.writer)
        glyphs = np.stack([strokes_to_glyph(drawing) for drawing in pen.drawings])
        yield "pen digits as pictures", glyph_writers(reader, glyphs, pen.label, pen.writer)
        yield "UJI digits of strangers", stroke_writers(reader, *_unseen_uji_digits(reader, folder))
    for strength in _HURRIED:
        drawings = hurry_strokes(pen.drawings, pen.writer, strength)
        yield f"pen digits, hurried {strength:g}", stroke_writers(reader, drawings, pen.label, pen.writer)
    if not test:
        mnist = load_mnist(folder)
        rows = held_out(mnist.writer_train, 0.1, seed=0)
        writers = mnist.writer_train[rows].astype(np.int64)
        yield "MNIST, held-out writers", glyph_writers(reader, mnist.x_train[rows], mnist.y_train[rows], writers)


def _pen_digits(folder: Path, *, test: bool) -> StrokeSet:
    pen = load_strokes(folder / "pendigits_strokes.npz")
    return pen.part(pen.test == test)


def _unseen_uji_digits(reader: Reader, folder: Path) -> tuple[list[Strokes], Labels, Ints]:
    """Drawings, labels and writers of the UJI digits by writers on whom the reader was not trained."""
    characters, drawings = load_characters(folder / "uji_strokes.npz")
    writers = load_images(folder / "uji_strokes.npz")["writer"]
    is_digit = np.array([str(character).isdigit() for character in characters])
    chosen = np.flatnonzero(is_digit & np.isin(writers, reader.card["strangers"]["uji"]))
    labels = np.array([int(characters[i]) for i in chosen])
    return [drawings[i] for i in chosen], labels, writers[chosen].astype(np.int64)


def read_whole(reader: Reader, folder: Path, n: int, *, test: bool) -> dict[str, Ints]:
    """Errors of the whole reader with `n` random digits of each writer of pen digits confirmed, drawn once.

    By kind of drawing (digits, numbers, and what is no number), (3,) counts: drawings, errors without a profile,
    and errors with it. Raises DatasetError.
    """
    pen = _pen_digits(folder, test=test)
    characters, drawings = load_characters(folder / "uji_strokes.npz")
    letters = [ink for label, ink in zip(characters, drawings, strict=True) if str(label) in SEPARABLE_LETTERS]
    rng = np.random.default_rng(n)
    counts: dict[str, Ints] = {}
    for writer in np.unique(pen.writer):
        order = rng.permutation(np.flatnonzero(pen.writer == writer))
        confirmed, rest = order[:n], order[n:]
        profile = reader.writer_profile([(int(pen.label[i]), pen.drawings[i]) for i in confirmed])
        for name, sample in _samples(pen, rest, letters, rng).items():
            errors = [_errors(reader, sample, used) for used in (None, profile)]
            counts[name] = counts.get(name, 0) + np.array([len(sample.texts), *errors])
    return counts


def _samples(pen: StrokeSet, rows: Ints, letters: Sequence[Strokes], rng: Generator) -> dict[str, LabeledDrawings]:
    """What the whole reader reads of one writer: the digits in these rows of `pen`, 40 numbers of 2 to 5 of them,
    and 40 of the letters with 40 synthetic signs."""
    numbers = [rng.choice(rows, int(rng.integers(2, 6))) for _ in range(40)]
    composed: list[Drawing] = [
        compose_line([pen.drawings[i] for i in number], rng=rng, gaps=(0.1, 0.4)) for number in numbers
    ]
    texts = ["".join(str(pen.label[i]) for i in number) for number in numbers]
    signs = [[100 * stroke for stroke in write_sign(rng)] for _ in range(40)]
    others = [*(letters[i] for i in rng.choice(len(letters), 40)), *signs]
    return {
        "digits": LabeledDrawings([pen.drawings[i] for i in rows], [str(pen.label[i]) for i in rows]),
        "numbers": LabeledDrawings(composed, texts),
        "letters and signs": LabeledDrawings(others, [""] * len(others)),
    }


def _errors(reader: Reader, sample: LabeledDrawings, profile: WriterProfile | None) -> int:
    """The number of misread numbers, and of other drawings that are recognised as one."""
    readings = reader.read(sample.drawings, [profile] * len(sample.drawings))
    return sum(
        reading.text.replace(" ", "") != text if text else reading.state == "recognised"
        for reading, text in zip(readings, sample.texts, strict=True)
    )


def main() -> None:
    """Log the tallies of single digits, then the errors of the whole reader."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.evaluation.personalization_study",
        description="Measure what the reader gains from the confirmed digits of a writer.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with pendigits_strokes.npz and so on")
    parser.add_argument("--reader", type=Path, default=SHIPPED, help="artifact to read with")
    parser.add_argument("--draws", type=int, default=20, help="random choices of the confirmed digits of a writer")
    parser.add_argument("--test", action="store_true", help="the writers of the test parts, for the figures")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    reader = Reader.open(options.reader)
    for title, writers in writer_sets(reader, options.data, test=options.test):
        for rule_name, rule in RULES.items():
            for n in CONFIRMED:
                result = tally(reader.reference_population, writers, n, rule, options.draws)
                log.info("%-24s %2d %-12s %s", title, n, rule_name, result.as_text())
    for n in _CONFIRMED_WHOLE:
        for name, (count, before, after) in read_whole(reader, options.data, n, test=options.test).items():
            log.info("%-18s of %5d: %4d wrong, %4d with %d confirmed", name, count, before, after, n)


if __name__ == "__main__":
    main()
