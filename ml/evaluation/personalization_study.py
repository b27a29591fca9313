"""How much a reader gains by somebody's confirmed digits: ``python -m ml.evaluation.personalization_study --data DIR [--test]``.

Writers of the data sets are the users. Some digits of each are confirmed, the others are read with and without
them. Without ``--test`` the writers are those on whom `ml.inference.personalization.KernelSettings` was chosen; on others nothing may be.
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
from ml.data.loaders import load_characters, load_images, load_mnist, load_strokes
from ml.data.lookalikes import SEPARABLE_LETTERS
from ml.data.splits import held_out
from ml.evaluation.benchmarks import Drawing
from ml.inference.personalization import ReferencePopulation, WriterProfile
from ml.inference.reader import SHIPPED, Reader
from ml.ink.glyph import strokes_to_glyph
from ml.ink.strokes import Strokes
from ml.ink.trajectory import strokes_to_trajectory
from ml.synthesis.handwriting import compose_line, write_sign

log = logging.getLogger("ml.evaluation.personalization_study")

CONFIRMED = (3, 5, 15)
_HURRIED = (
    2.0,
    3.0,
)  # strengths of `ml.augmentation.trajectory_batches.vary_strokes`; at 1, as in training, next to nothing is misread
_READ = (5, 15)  # confirmed, with which the rest goes through the whole reader at some milliseconds a digit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ConfirmationRule = Callable[[NDArray[np.bool_], int, Generator], Ints]


@dataclass(frozen=True, eq=False)
class WriterDigits:
    """Digits of one hand: `labels` (n,), what is said of them for anybody (n, 10), and embeddings (n, d)."""

    labels: Ints
    digits: Floats
    embeddings: NDArray[np.float32]

    @property
    def misread(self) -> NDArray[np.bool_]:
        return np.asarray(self.digits.argmax(axis=1) != self.labels)


@dataclass(frozen=True, eq=False)
class Tally:
    """How many digits of each label (10,) were looked at and misread, without and with the hand; sums of nats."""

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
        """Of the number of misread digits: -0.2 for a fifth fewer; 0 where none was misread before."""
        before, after = self.before.sum(), self.after.sum()
        return float(after / before - 1.0) if before else 0.0

    @property
    def worst(self) -> float:
        """The largest rise of a label's error rate, in percentage points."""
        return float((100.0 * (self.after - self.before) / self.seen.clip(1)).max())

    def as_text(self) -> str:
        rates = [100.0 * errors.sum() / self.seen.sum() for errors in (self.before, self.after)]
        nats = self.nats_after / max(self.nats_before, 1e-9) - 1.0
        return (
            f"{rates[0]:6.2f} % {rates[1]:6.2f} % {self.change:+8.1%}  loss {nats:+6.1%}"
            f"  worst label {self.worst:+.2f}"
        )


def by_chance(misread: NDArray[np.bool_], n: int, rng: Generator) -> Ints:
    """Any `n` digits of a writer are confirmed."""
    return rng.permutation(len(misread))[:n]


def as_corrected(misread: NDArray[np.bool_], n: int, rng: Generator) -> Ints:
    """What is misread of the first half that somebody writes is corrected, at most n / 2; others are confirmed."""
    order = rng.permutation(len(misread))
    early = order[: len(order) // 2]
    corrected = early[misread[early]][: max(1, n // 2)]
    return np.concatenate([corrected, order[~np.isin(order, corrected)]])[:n]


RULES: dict[str, ConfirmationRule] = {"by chance": by_chance, "as corrected": as_corrected}


def tally(
    population: ReferencePopulation,
    writers: Sequence[WriterDigits],
    n: int,
    protocol: ConfirmationRule,
    draws: int,
    seed: int = 0,
) -> Tally:
    """The sum over `draws` of each writer with more than `n` digits; what is confirmed is not looked at."""
    rng = np.random.default_rng((seed, n))
    total = Tally(np.zeros(10), np.zeros(10), np.zeros(10), 0.0, 0.0)
    for writer in writers:
        for _ in range(draws if len(writer.labels) > n else 0):
            total += _one(population, writer, protocol(writer.misread, n, rng))
    return total


def _one(population: ReferencePopulation, writer: WriterDigits, confirmed: Ints) -> Tally:
    profile = population.profile(writer.labels[confirmed].tolist(), writer.embeddings[confirmed])
    assert profile is not None  # CONFIRMED are enough
    rest = np.setdiff1d(np.arange(len(writer.labels)), confirmed)
    labels, digits = writer.labels[rest], writer.digits[rest]
    adapted = profile.adapt(digits, writer.embeddings[rest])
    before, after = (_counts(labels[x.argmax(axis=1) != labels]) for x in (digits, adapted))
    nats = [-float(x[np.arange(len(rest)), labels].sum()) for x in (digits, adapted)]
    return Tally(_counts(labels), before, after, *nats)


def _counts(labels: Ints) -> Floats:
    return np.bincount(labels, minlength=10).astype(np.float64)


def stroke_writers(reader: Reader, drawings: Sequence[Strokes], labels: Ints, whose: Ints) -> list[WriterDigits]:
    """Single digits, each as the whole drawing."""
    glyphs = np.stack([strokes_to_glyph(drawing) for drawing in drawings])
    ways = np.stack([strokes_to_trajectory(drawing) for drawing in drawings])
    return _by_writer(*reader.classify_with_embeddings(glyphs, ways), labels, whose)


def glyph_writers(reader: Reader, glyphs: NDArray[np.uint8], labels: Ints, whose: Ints) -> list[WriterDigits]:
    """The same known as pictures only."""
    return _by_writer(*reader.classify_with_embeddings(glyphs), labels, whose)


def _by_writer(digits: Floats, embeddings: NDArray[np.float32], labels: Ints, whose: Ints) -> list[WriterDigits]:
    parts = [whose == who for who in np.unique(whose)]
    return [WriterDigits(labels[part], digits[part], embeddings[part]) for part in parts]


def hurry_strokes(drawings: Sequence[Strokes], whose: Ints, strength: float) -> list[Strokes]:
    """As by hands in a hurry: each turns, slants and widens in its own way, and always so."""
    # Equal seeds make the first draws of `vary` equal, which say how the whole is turned, slanted and widened.
    return [
        vary_strokes(d, np.random.default_rng((int(strength * 10), int(who))), strength)
        for d, who in zip(drawings, whose, strict=True)
    ]


Sets = Iterator[tuple[str, list[WriterDigits]]]


def writer_sets(reader: Reader, folder: Path, *, test: bool) -> Sets:
    """Writers who examine, by name; with `test` those of the test parts. Raises DatasetError."""
    pen = load_strokes(folder / "pendigits_strokes.npz")
    pen = pen.part(pen.test == test)
    if test:
        yield "pen digits", stroke_writers(reader, pen.drawings, pen.label, pen.writer)
        glyphs = np.stack([strokes_to_glyph(drawing) for drawing in pen.drawings])
        yield "pen digits as pictures", glyph_writers(reader, glyphs, pen.label, pen.writer)
        yield "UJI digits of strangers", stroke_writers(reader, *_strangers(reader, folder))
    for strength in _HURRIED:
        drawings = hurry_strokes(pen.drawings, pen.writer, strength)
        yield f"pen digits, hurried {strength:g}", stroke_writers(reader, drawings, pen.label, pen.writer)
    if not test:
        mnist = load_mnist(folder)
        aside = held_out(mnist.writer_train, 0.1, seed=0)
        whose = mnist.writer_train[aside].astype(np.int64)
        yield "MNIST, held-out writers", glyph_writers(reader, mnist.x_train[aside], mnist.y_train[aside], whose)


def _strangers(reader: Reader, folder: Path) -> tuple[list[Strokes], Ints, Ints]:
    characters, drawings = load_characters(folder / "uji_strokes.npz")
    writers = load_images(folder / "uji_strokes.npz")["writer"]
    digit = np.array([str(character).isdigit() for character in characters])
    chosen = np.flatnonzero(digit & np.isin(writers, reader.card["strangers"]["uji"]))
    labels = np.array([int(characters[i]) for i in chosen])
    return [drawings[i] for i in chosen], labels, writers[chosen].astype(np.int64)


@dataclass(frozen=True)
class LabeledTexts:
    """Drawings with what they say, "" for what is no number."""

    drawings: list[Drawing]
    texts: list[str]

    def wrong(self, reader: Reader, profile: WriterProfile | None) -> int:
        """How many numbers are read otherwise, and how much else is taken for one."""
        readings = reader.read(self.drawings, [profile] * len(self.drawings))
        return sum(
            reading.text.replace(" ", "") != text if text else reading.state == "recognised"
            for reading, text in zip(readings, self.texts, strict=True)
        )


def read_whole(reader: Reader, folder: Path, n: int, *, test: bool) -> dict[str, NDArray[np.int64]]:
    """Digits, numbers in their hands and what is no number: (3,) how many, wrong without the hand, and with it.

    Through the whole reader, with `n` digits of each of pen digits' writers confirmed by chance, once.
    """
    pen = load_strokes(folder / "pendigits_strokes.npz")
    pen = pen.part(pen.test == test)
    strange = [
        d for c, d in zip(*load_characters(folder / "uji_strokes.npz"), strict=True) if str(c) in SEPARABLE_LETTERS
    ]
    rng = np.random.default_rng(n)
    found: dict[str, NDArray[np.int64]] = {}
    for who in np.unique(pen.writer):
        order = rng.permutation(np.flatnonzero(pen.writer == who))
        profile = reader.writer_profile([(int(pen.label[i]), pen.drawings[i]) for i in order[:n]])
        for name, texts in _texts(pen.drawings, pen.label, order[n:], strange, rng):
            counts = np.array([len(texts.texts), texts.wrong(reader, None), texts.wrong(reader, profile)])
            found[name] = found.get(name, 0) + counts
    return found


def _texts(
    drawings: Sequence[Strokes], labels: Ints, rest: Ints, strange: Sequence[Strokes], rng: Generator
) -> Iterator[tuple[str, LabeledTexts]]:
    yield "digits", LabeledTexts([drawings[i] for i in rest], [str(labels[i]) for i in rest])
    groups = [rng.choice(rest, int(rng.integers(2, 6))) for _ in range(40)]
    lines: list[Drawing] = [
        compose_line([drawings[i] for i in group], rng=rng, gaps=(0.1, 0.4)) for group in groups
    ]
    yield "numbers", LabeledTexts(lines, ["".join(str(labels[i]) for i in group) for group in groups])
    signs = [[100 * stroke for stroke in write_sign(rng)] for _ in range(40)]
    letters = [strange[i] for i in rng.choice(len(strange), 40)]
    yield "letters and signs", LabeledTexts([*letters, *signs], [""] * 80)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m ml.evaluation.personalization_study",
        description="Measure what a reader gains by somebody's digits.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with pendigits_strokes.npz and so on")
    parser.add_argument("--reader", type=Path, default=SHIPPED, help="artifact whose networks are asked")
    parser.add_argument("--draws", type=int, default=20, help="of the confirmed digits of each writer")
    parser.add_argument("--test", action="store_true", help="the writers of the test parts, for the figures")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    reader = Reader.open(options.reader)
    for name, writers in writer_sets(reader, options.data, test=options.test):
        for protocol in RULES:
            for n in CONFIRMED:
                found = tally(reader.reference_population, writers, n, RULES[protocol], options.draws)
                log.info("%-24s %2d %-12s %s", name, n, protocol, found.as_text())
    for n in _READ:
        for name, (count, before, after) in read_whole(reader, options.data, n, test=options.test).items():
            log.info("%-18s of %5d: %4d wrong, %4d with %d confirmed", name, count, before, after, n)


if __name__ == "__main__":
    main()
