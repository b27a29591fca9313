"""Weight sharing: leave kernels out of the weights of a network where its LiteRT model holds them anyway.

Training needs the weights, serving needs the model. LiteRT stores a kernel in half precision, output channels
first. A kernel is replaced by a reference, the number of the tensor that holds it, when the model has the same
values bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Axes of Keras in the order of LiteRT: (in, out) as (out, in), (h, w, in, out) as (out, h, w, in).
_AXES = {2: (1, 0), 4: (3, 0, 1, 2)}

Arrays = Mapping[str, NDArray[Any]]
Half = NDArray[np.float16]


def is_kernel_reference(array: NDArray[Any]) -> bool:
    """Whether this is the number of a tensor: int32 of shape ()."""
    return array.dtype == np.int32 and array.shape == ()


def share_kernels(model: bytes, weights: Arrays) -> dict[str, NDArray[Any]]:
    """The weights by name, with references for all kernels that `model` holds.

    Each tensor of the model is referred to once, as `restore_kernels` takes it once. Raises ValueError when LiteRT
    cannot open `model`.
    """
    constants = _constants(model)
    shared = dict(weights)
    for name, array in weights.items():
        if array.dtype == np.float16 and array.ndim in _AXES:
            kernel = array.transpose(_AXES[array.ndim])
            content = kernel.tobytes()  # compared as bytes, because 0 and -0 are equal
            for number, constant in constants.items():
                if constant.shape == kernel.shape and constant.tobytes() == content:
                    del constants[number]
                    shared[name] = np.array(number, np.int32)
                    break
    return shared


def restore_kernels(model: bytes, weights: Arrays) -> dict[str, NDArray[Any]]:
    """The weights that `share_kernels` was given, in the order and the axes of Keras.

    Raises ValueError when `model` does not hold a kernel, or LiteRT cannot open it.
    """
    restored = dict(weights)
    references = {name: int(array) for name, array in weights.items() if is_kernel_reference(array)}
    constants = _constants(model) if references else {}
    for name, number in references.items():
        # Once only: a small file could ask for gigabytes if several references could take one tensor.
        constant = constants.pop(number, None)
        if constant is None or constant.ndim not in _AXES:
            raise ValueError(f"The network holds no kernel as tensor {number}, or none that is left.")
        restored[name] = np.ascontiguousarray(constant.transpose(np.argsort(_AXES[constant.ndim])))
    return restored


def _constants(model: bytes) -> dict[int, Half]:
    """All constants in half precision, by the number of their tensor. Raises ValueError."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # A delegate may keep the values elsewhere, in an order of its own.
    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    constants: dict[int, Half] = {}
    room = len(model)  # tensors can share bytes of the file, and each is copied
    try:
        interpreter = Interpreter(model_content=model, num_threads=1, experimental_op_resolver_type=resolver)
        for tensor in interpreter.get_tensor_details():
            if tensor["dtype"] is not np.float16:
                continue
            with suppress(ValueError):  # raised for what is no constant: it has no values before it is allocated
                constants[tensor["index"]] = constant = interpreter.get_tensor(tensor["index"])
                room -= constant.nbytes
            if room < 0:
                raise ValueError("The tensors of the network are larger than its file.")
    except (RuntimeError, IndexError, TypeError) as error:
        raise ValueError("LiteRT cannot open the network.") from error
    return constants
