"""Run the networks of an artifact with LiteRT. One thread at a time runs a network."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.inference.artifact import ArtifactError
from ml.ink.line_image import LINE_HEIGHT, MAX_WIDTH, STEP_WIDTH, LineImage, pad_to_width

# Batch sizes; a batch saves only 7 % a glyph, so two single calls beat a half-empty one.
_BUCKETS = (32, 8, 1)
_STRIP = 128  # px; strips are widened to a multiple of that
_OTHER_SHAPE = "The network of the artifact is of another shape."


class LineNetwork:
    """From a strip (32, w) to the logits (w / 4, `columns`) of its steps. Raises ArtifactError."""

    def __init__(self, model: bytes, columns: int) -> None:
        self._model, self._columns = model, columns
        self._interpreters: dict[int, Any] = {}
        self._lock = threading.Lock()
        for width in (_STRIP, MAX_WIDTH):
            self.run(np.zeros((LINE_HEIGHT, width), np.uint8))  # what cannot run is found now

    def run(self, strip: LineImage) -> NDArray[np.float32]:
        """Strips are widened with paper to the next of a few widths, each with an interpreter of its own."""
        width = -(-strip.shape[1] // _STRIP) * _STRIP
        picture = pad_to_width(strip, width)[None, :, :, None] * np.float32(1 / 255)
        with self._lock:
            if width not in self._interpreters:
                self._interpreters[width] = self._open(width)
            steps = _invoke(self._interpreters[width], picture)
        return np.asarray(steps[0, 0, : strip.shape[1] // STEP_WIDTH])

    def _open(self, width: int) -> Any:
        interpreter, shape = _opened(self._model, (1, LINE_HEIGHT, width, 1))
        if shape != (1, 1, width // STEP_WIDTH, self._columns):
            raise ArtifactError(_OTHER_SHAPE)
        return interpreter


class BatchNetwork:
    """From float32 (n, ...) of the `shape` after n to (n, `columns` or more). Raises ArtifactError."""

    def __init__(self, model: bytes, shape: tuple[int, ...], columns: int) -> None:
        self._model, self._shape, self._columns = model, shape, columns
        self._interpreters: dict[int, Any] = {}
        self._lock = threading.Lock()
        self.width = self.run(np.zeros((1, *shape), np.float32)).shape[1]  # what cannot run is found now

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, width); n may be 0."""
        parts = [np.empty((0, self._columns), np.float32)] if not len(inputs) else []
        done = 0
        with self._lock:
            while done < len(inputs):
                size = next(bucket for bucket in _BUCKETS if bucket <= len(inputs) - done)
                parts.append(_invoke(self._interpreter(size), inputs[done : done + size]))
                done += size
        return np.concatenate(parts)

    def _interpreter(self, size: int) -> Any:
        """One a batch size: to resize on each call would cost 0.1 ms a glyph."""
        if size not in self._interpreters:
            self._interpreters[size] = self._open(size)
        return self._interpreters[size]

    def _open(self, size: int) -> Any:
        interpreter, shape = _opened(self._model, (size, *self._shape))
        if len(shape) != 2 or shape[0] != size or shape[1] < self._columns:
            raise ArtifactError(_OTHER_SHAPE)
        return interpreter


def _opened(model: bytes, shape: tuple[int, ...]) -> tuple[Any, tuple[int, ...]]:
    """An interpreter for inputs of this shape, and the shape of its output. Raises ArtifactError."""
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(model_content=model, num_threads=1)
        interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
        interpreter.allocate_tensors()
        _invoke(interpreter, np.zeros(shape, np.float32))
        return interpreter, tuple(interpreter.get_output_details()[0]["shape"])
    except (ValueError, RuntimeError, IndexError, TypeError) as error:
        raise ArtifactError("The network of the artifact cannot be run.") from error


def _invoke(interpreter: Any, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
