"""The networks of an artifact as LiteRT runs them; threads may share one and take turns."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.inference.artifact import ArtifactError
from ml.ink.line_image import LINE_HEIGHT, MAX_WIDTH, STEP_WIDTH, LineImage, pad_to_width

Shape = tuple[int, ...]

_BATCH_SIZES = (32, 8, 1)  # a batch saves only 7 % for each glyph, so two single calls beat a half-empty batch
_WIDTH_STEP = 128  # px; line images are padded to a multiple of this


class LineNetwork:
    """The line network: from a line image (32, w) to logits (w / 4, `columns`) of its steps."""

    def __init__(self, model: bytes, columns: int) -> None:
        """Raises ArtifactError for a model that cannot be run or that has other shapes."""
        self._interpreters = _Interpreters(
            model,
            input_shape=lambda width: (1, LINE_HEIGHT, width, 1),
            fits=lambda width, shape: shape == (1, 1, width // STEP_WIDTH, columns),
        )
        for width in (_WIDTH_STEP, MAX_WIDTH):
            self.run(np.zeros((LINE_HEIGHT, width), np.uint8))

    def run(self, image: LineImage) -> NDArray[np.float32]:
        """The image is padded with paper to the next of a few widths."""
        width = -(-image.shape[1] // _WIDTH_STEP) * _WIDTH_STEP
        padded = pad_to_width(image, width)[None, :, :, None] * np.float32(1 / 255)
        steps = self._interpreters.run(width, padded)
        return np.asarray(steps[0, 0, : image.shape[1] // STEP_WIDTH])


class BatchNetwork:
    """The glyph or the trajectory network: from float32 (n, *`shape`) to (n, `width`), at least `columns` wide."""

    def __init__(self, model: bytes, shape: Shape, columns: int) -> None:
        """Raises ArtifactError for a model that cannot be run or that has other shapes."""
        self._columns = columns
        self._interpreters = _Interpreters(
            model,
            input_shape=lambda size: (size, *shape),
            fits=lambda size, output: len(output) == 2 and output[0] == size and output[1] >= columns,
        )
        self.width = self.run(np.zeros((1, *shape), np.float32)).shape[1]

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, width); n may be 0."""
        outputs = [np.empty((0, self._columns), np.float32)] if not len(inputs) else []
        done = 0
        while done < len(inputs):
            size = next(size for size in _BATCH_SIZES if size <= len(inputs) - done)
            outputs.append(self._interpreters.run(size, inputs[done : done + size]))
            done += size
        return np.concatenate(outputs)


class _Interpreters:
    """An interpreter of LiteRT for each size of the input: to resize one on each call would cost 0.1 ms a glyph.

    `input_shape` gives the shape of the input for a size, `fits` tells whether the shape of the output is right.
    """

    def __init__(
        self, model: bytes, input_shape: Callable[[int], Shape], fits: Callable[[int, Shape], bool]
    ) -> None:
        self._model, self._input_shape, self._fits = model, input_shape, fits
        self._by_size: dict[int, Any] = {}
        self._lock = threading.Lock()  # an interpreter runs in one thread at a time

    def run(self, size: int, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raises ArtifactError, but for a size that has run before."""
        with self._lock:
            if size not in self._by_size:
                self._by_size[size] = self._open(size)
            return _invoke(self._by_size[size], inputs)

    def _open(self, size: int) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        shape = self._input_shape(size)
        try:
            interpreter = Interpreter(model_content=self._model, num_threads=1)
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
            interpreter.allocate_tensors()
            _invoke(interpreter, np.zeros(shape, np.float32))
            output_shape = tuple(interpreter.get_output_details()[0]["shape"])
        except (ValueError, RuntimeError, IndexError, TypeError) as error:
            raise ArtifactError("The network of the artifact cannot be run.") from error
        if not self._fits(size, output_shape):
            raise ArtifactError("The network of the artifact is of another shape.")
        return interpreter


def _invoke(interpreter: Any, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], inputs)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
