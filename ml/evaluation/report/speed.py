"""The time of a reading, the size of the artifact, and the memory that a process needs to read with it."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from ml.evaluation.evaluate import ReaderLike
from ml.evaluation.labeled_drawings import Drawing
from ml.evaluation.report.rendering import Grey, place_strokes
from ml.ink.strokes import Strokes, bounds
from ml.synthesis.handwriting import compose_line, write_digit

_ROOT = Path(__file__).parents[3]
# A program that reads an artifact from standard input, reads with it, and prints its peak memory in KiB.
_PEAK_PROGRAM = """
import sys
from ml.inference.reader import Reader
reader = Reader.open(sys.stdin.buffer.read())
from ml.evaluation.report.speed import one_digit, page
for drawing in (one_digit(0), page(0)):
    reader.read([drawing])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@dataclass(frozen=True)
class Timing:
    """The time of `n` readings of one kind of drawing, one at a time, warm and in one thread: median and 95 %
    quantile in milliseconds of processor time, which other programs on the machine do not lengthen."""

    name: str
    title: str
    n: int
    median: float
    p95: float

    @classmethod
    def measure(cls, reader: ReaderLike, name: str, title: str, make: Callable[[int], Drawing], n: int) -> Timing:
        """Time `n` readings in turn of at most 20 drawings, which `make` draws by their seeds."""
        drawings = [make(seed) for seed in range(min(n, 20))]
        for drawing in drawings[:3]:
            reader.read([drawing])  # the first readings are slower
        times = []
        for i in range(n):
            start = time.process_time()
            reader.read([drawings[i % len(drawings)]])
            times.append(1000 * (time.process_time() - start))
        return cls(name, title, n, float(np.median(times)), float(np.quantile(times, 0.95)))


@dataclass(frozen=True)
class Speed:
    """`members` are the sizes of the files in the artifact in bytes; `peak` is the peak memory in bytes of a
    process that has read a digit and a page, None where it was not measured."""

    timings: tuple[Timing, ...]
    members: dict[str, int] = field(default_factory=dict)
    peak: int | None = None


def measure_speed(reader: ReaderLike, artifact: bytes | None = None) -> Speed:
    """Time synthetic drawings, the same on every machine; with `artifact` also its size and memory."""
    kinds: Sequence[tuple[str, str, Callable[[int], Drawing], int]] = (
        ("one_digit", "a drawing of one digit", one_digit, 200),
        ("six_digits", "a drawing of six digits", six_digits, 60),
        ("page", "a page of 40 digits, 1600 x 1200 px", page, 12),
    )
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        timings = tuple(Timing.measure(reader, *kind) for kind in kinds)
    finally:
        cv2.setNumThreads(threads)
    if artifact is None:
        return Speed(timings)
    return Speed(timings, member_sizes(artifact), peak_memory(artifact))


def one_digit(seed: int) -> Drawing:
    """Strokes of one synthetic digit."""
    return write_digit(seed % 10, rng=np.random.default_rng(seed))


def six_digits(seed: int) -> Drawing:
    """Strokes of six synthetic digits on one line."""
    return _write_line(np.random.default_rng(seed), 6, gaps=(0.1, 0.4))


def _write_line(rng: Generator, n: int, gaps: tuple[float, float]) -> Strokes:
    digits = [write_digit(int(label), rng=rng) for label in rng.integers(0, 10, n)]
    return compose_line(digits, rng=rng, gaps=gaps)


def page(seed: int) -> Grey:
    """A picture (1200, 1600) of five lines of eight synthetic digits."""
    rng = np.random.default_rng(seed)
    paper = np.full((1200, 1600), 255, np.uint8)
    for row in range(5):
        line = _write_line(rng, 8, gaps=(0.2, 0.6))
        _, _, width, height = bounds(line)
        paper[15 + 235 * row : 245 + 235 * row] = place_strokes(
            line, (230, 1600), min(1400 / width, 190 / height), 7
        )
    grain = rng.normal(0, 3, paper.shape)
    return np.asarray((paper - 12.0 + grain).clip(0, 255), np.uint8)


def member_sizes(artifact: bytes) -> dict[str, int]:
    """The size in bytes of each file in an artifact, uncompressed."""
    with zipfile.ZipFile(io.BytesIO(artifact)) as archive:
        return {member.filename: member.file_size for member in archive.infolist()}


def peak_memory(artifact: bytes) -> int | None:
    """The peak memory in bytes of a new process that reads with the artifact; None where /proc is missing."""
    if not Path("/proc/self/status").exists():
        return None
    command = [sys.executable, "-c", _PEAK_PROGRAM]
    done = subprocess.run(command, input=artifact, capture_output=True, cwd=_ROOT, check=True)  # noqa: S603
    return 1024 * int(done.stdout)
