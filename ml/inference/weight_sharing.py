"""Kernels that the file for LiteRT holds as well, so that an artifact needs to hold them once only.

LiteRT keeps a kernel in half precision, output channels first. A kernel is left out of the weights when the file
has the same values bit for bit; the number of the tensor that has them stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Axes of Keras in the order of LiteRT: (in, out) as (out, in), (h, w, in, out) as (out, h, w, in).
_ORDERS = {2: (1, 0), 4: (3, 0, 1, 2)}

Arrays = Mapping[str, NDArray[Any]]
Half = NDArray[np.float16]


def is_kernel_reference(array: NDArray[Any]) -> bool:
    """Whether this is the number of a tensor: int32 of shape ()."""
    return array.dtype == np.int32 and array.shape == ()


def share_kernels(model: bytes, weights: Arrays) -> dict[str, NDArray[Any]]:
    """The weights, with numbers of tensors for all kernels that `model` holds.

    Raises ValueError when LiteRT cannot open `model`.
    """
    constants = _constants(model)
    return {name: _find(array, constants) for name, array in weights.items()}


def restore_kernels(model: bytes, weights: Arrays) -> dict[str, NDArray[Any]]:
    """What `leave_out` took. Raises ValueError when `model` does not hold a kernel, or LiteRT cannot open it."""
    if not any(map(is_kernel_reference, weights.values())):
        return dict(weights)
    constants = _constants(model)
    return {
        name: _take(int(array), constants) if is_kernel_reference(array) else array
        for name, array in weights.items()
    }


def _find(array: NDArray[Any], constants: dict[int, Half]) -> NDArray[Any]:
    """The number of a tensor with these values, which is gone from `constants` then; else the array itself."""
    if array.dtype != np.float16 or array.ndim not in _ORDERS:
        return array
    wanted = array.transpose(_ORDERS[array.ndim])
    for number, constant in constants.items():
        # As bytes, because 0 and -0 are equal.
        if constant.shape == wanted.shape and constant.tobytes() == wanted.tobytes():
            del constants[number]
            return np.array(number, np.int32)
    return array


def _take(number: int, constants: dict[int, Half]) -> Half:
    """A kernel, once: a small file could ask for gigabytes if one tensor were good for many."""
    constant = constants.pop(number, None)
    if constant is None or constant.ndim not in _ORDERS:
        raise ValueError(f"The network holds no kernel as tensor {number}, or none that is left.")
    return np.ascontiguousarray(constant.transpose(np.argsort(_ORDERS[constant.ndim])))


def _constants(model: bytes) -> dict[int, Half]:
    """All constants in half precision, by the number of their tensor. Raises ValueError."""
    found, room = {}, len(model)  # tensors can share bytes of the file, and each is copied
    try:
        interpreter = _open(model)
        for tensor in interpreter.get_tensor_details():
            if tensor["dtype"] is not np.float16:
                continue
            with suppress(ValueError):  # no constant: nothing else has values before it is allocated
                found[tensor["index"]] = constant = interpreter.get_tensor(tensor["index"])
                room -= constant.nbytes
            if room < 0:
                raise ValueError("The tensors of the network are larger than its file.")
    except (RuntimeError, IndexError, TypeError) as error:
        raise ValueError("LiteRT cannot open the network.") from error
    return found


def _open(model: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # A delegate may keep the values elsewhere, in an order of its own.
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return Interpreter(model_content=model, num_threads=1, experimental_op_resolver_type=plain)
