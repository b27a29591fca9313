"""How long a reading takes, how large the artifact is and how much memory a process with it needs."""

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

from ml.evaluation.benchmarks import Drawing
from ml.evaluation.evaluate import ReaderLike
from ml.evaluation.report.rendering import Grey, place_strokes
from ml.ink.strokes import bounds
from ml.synthesis.handwriting import compose_line, write_digit

_ROOT = Path(__file__).parents[3]
_PEAK = """
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
    """Of one kind of drawing, read alone and warm by one thread: milliseconds of the processor, which other
    programs on the machine do not lengthen."""

    name: str
    title: str
    n: int
    median: float
    p95: float


@dataclass(frozen=True)
class Speed:
    timings: tuple[Timing, ...]
    members: dict[str, int] = field(default_factory=dict)  # bytes of the artifact
    peak: int | None = None  # bytes of a process that has read a digit and a page; None where nobody knows


def measure_speed(reader: ReaderLike, artifact: bytes | None = None) -> Speed:
    """Time synthetic drawings, the same on every machine; with `artifact`, weigh it too."""
    kinds: Sequence[tuple[str, str, Callable[[int], Drawing], int]] = (
        ("one_digit", "a drawing of one digit", one_digit, 200),
        ("six_digits", "a drawing of six digits", six_digits, 60),
        ("page", "a page of 40 digits, 1600 x 1200 px", page, 12),
    )
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        timings = tuple(_time(reader, name, title, make, n) for name, title, make, n in kinds)
    finally:
        cv2.setNumThreads(threads)
    if artifact is None:
        return Speed(timings)
    return Speed(timings, members(artifact), peak_memory(artifact))


def _time(reader: ReaderLike, name: str, title: str, make: Callable[[int], Drawing], n: int) -> Timing:
    drawings = [make(i) for i in range(min(n, 20))]
    for drawing in drawings[:3]:
        reader.read([drawing])
    taken = []
    for i in range(n):
        start = time.process_time()
        reader.read([drawings[i % len(drawings)]])
        taken.append(1000 * (time.process_time() - start))
    return Timing(name, title, n, float(np.median(taken)), float(np.quantile(taken, 0.95)))


def one_digit(seed: int) -> Drawing:
    return write_digit(seed % 10, rng=np.random.default_rng(seed))


def six_digits(seed: int) -> Drawing:
    rng = np.random.default_rng(seed)
    return compose_line([write_digit(int(d), rng=rng) for d in rng.integers(0, 10, 6)], rng=rng, gaps=(0.1, 0.4))


def page(seed: int) -> Grey:
    """Grey pixels (1200, 1600): five lines of eight digits."""
    rng = np.random.default_rng(seed)
    paper = np.full((1200, 1600), 255, np.uint8)
    for row in range(5):
        line = compose_line(
            [write_digit(int(d), rng=rng) for d in rng.integers(0, 10, 8)], rng=rng, gaps=(0.2, 0.6)
        )
        x, y, width, height = bounds(line)
        ink = place_strokes(line, (230, 1600), (x + width / 2, y + height / 2), min(1400 / width, 190 / height), 7)
        paper[15 + 235 * row : 245 + 235 * row] = ink
    grain = rng.normal(0, 3, paper.shape)
    return np.asarray((paper - 12.0 + grain).clip(0, 255), np.uint8)


def members(artifact: bytes) -> dict[str, int]:
    """Bytes of each file in an artifact."""
    with zipfile.ZipFile(io.BytesIO(artifact)) as archive:
        return {member.filename: member.file_size for member in archive.infolist()}


def peak_memory(artifact: bytes) -> int | None:
    """The most bytes that a process of its own held; None where the system does not tell."""
    if not Path("/proc/self/status").exists():
        return None
    command = [sys.executable, "-c", _PEAK]
    done = subprocess.run(command, input=artifact, capture_output=True, cwd=_ROOT, check=True)  # noqa: S603
    return 1024 * int(done.stdout)
