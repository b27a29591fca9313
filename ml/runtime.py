"""Run the networks of an artifact with LiteRT. One thread at a time runs a network."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.artifact import ArtifactError

# Batch sizes; a batch saves only 7 % a glyph, so two single calls beat a half-empty one.
_BUCKETS = (32, 8, 1)


class Network:
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
                parts.append(self._invoke(self._interpreter(size), inputs[done : done + size]))
                done += size
        return np.concatenate(parts)

    @staticmethod
    def _invoke(interpreter: Any, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))

    def _interpreter(self, size: int) -> Any:
        """One a batch size: to resize on each call would cost 0.1 ms a glyph."""
        if size not in self._interpreters:
            self._interpreters[size] = self._open(size)
        return self._interpreters[size]

    def _open(self, size: int) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        try:
            interpreter = Interpreter(model_content=self._model, num_threads=1)
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (size, *self._shape))
            interpreter.allocate_tensors()
            self._invoke(interpreter, np.zeros((size, *self._shape), np.float32))
            shape = tuple(interpreter.get_output_details()[0]["shape"])
        except (ValueError, RuntimeError, IndexError, TypeError) as error:
            raise ArtifactError("The network of the artifact cannot be run.") from error
        if len(shape) != 2 or shape[0] != size or shape[1] < self._columns:
            raise ArtifactError("The network of the artifact is of another shape.")
        return interpreter
