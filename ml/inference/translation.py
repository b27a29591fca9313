"""A network of LiteRT in the words of ONNX, operation by operation, with the same numbers.

It is made from the file that LiteRT runs: what is handed on is what the site reads with, and TensorFlow is not
needed. Only the operations that the networks of ml/training/networks.py come to are known; any other is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_OPSET, _IR = 17, 8  # of 2022: what reads ONNX today reads these
_FIRST, _LAST = (0, 3, 1, 2), (0, 2, 3, 1)  # channels: LiteRT has them last, ONNX first
_OUTPUT = "outputs"


class Untranslatable(ValueError):
    """LiteRT cannot open the network, or it does something that has no translation here."""


def to_onnx(model: bytes, name: str, version: str) -> bytes:
    """The network as ONNX of opset 17; the same bytes each time.

    Its input is called `name`, its output `outputs`; both are float32 and shaped as for LiteRT, channels last,
    with the sizes open that may vary. Constants stay in half precision, and a Cast widens each. `version` is
    written into the metadata. Raises Untranslatable.
    """
    from onnx import checker, helper

    tables = _open(model)
    graph = _Graph(tables, name)
    for operator in tables.subgraphs[0].operators:
        graph.translate(operator)
    found = helper.make_graph(graph.nodes, name, *graph.ends(), initializer=graph.constants)
    opset = helper.make_opsetid("", _OPSET)
    made = helper.make_model(found, opset_imports=[opset], ir_version=_IR, producer_name="Numeral")
    helper.set_model_props(made, {"version": version})
    try:
        checker.check_model(made)
    except checker.ValidationError as error:
        raise Untranslatable("The network does something with its shapes but to reshape.") from error
    return bytes(made.SerializeToString(deterministic=True))


def _open(model: bytes) -> Any:
    """The tables of the file, after LiteRT has checked that they point nowhere else."""
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # nothing is run
    try:
        Interpreter(model_content=model, num_threads=1, experimental_op_resolver_type=plain)
    except (ValueError, RuntimeError) as error:
        raise Untranslatable("LiteRT cannot open the network.") from error
    tables = schema.ModelT.InitFromPackedBuf(model, 0)
    ends = (tables.subgraphs[0].inputs, tables.subgraphs[0].outputs)
    if len(tables.subgraphs) != 1 or any(end is None or len(end) != 1 for end in ends):
        raise Untranslatable("The network has more than one input or output.")
    return tables


class _Graph:
    """What has been written so far. Tensors go by their numbers in the file."""

    def __init__(self, tables: Any, name: str) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._tables, self._subgraph = tables, tables.subgraphs[0]
        self._names = {int(self._subgraph.inputs[0]): name, int(self._subgraph.outputs[0]): _OUTPUT}
        # Constants that LiteRT widens, by the numbers they have then; their use settles the order of their axes.
        self._halves: dict[int, NDArray[np.float16]] = {}
        self._written: set[str] = set()

    def translate(self, operator: Any) -> None:
        """Write one operation. Raises Untranslatable."""
        from ai_edge_litert.schema_py_generated import BuiltinOperator as Code

        known: dict[int, Callable[[Any], None]] = {
            Code.DEQUANTIZE: self._widen,
            Code.CONV_2D: self._convolve,
            Code.FULLY_CONNECTED: self._connect,
            Code.RESHAPE: self._reshape,
            Code.CONCATENATION: self._concatenate,
            # These work out the shape that RESHAPE gets; the file says what it comes to.
            Code.SHAPE: _nothing,
            Code.STRIDED_SLICE: _nothing,
            Code.PACK: _nothing,
        }
        code = self._tables.operatorCodes[operator.opcodeIndex]
        number = max(code.builtinCode, code.deprecatedBuiltinCode)  # the older field holds numbers up to 127 only
        if number not in known:
            raise Untranslatable(f"The network uses operation {number} of LiteRT.")
        known[number](operator)

    def ends(self) -> tuple[list[Any], list[Any]]:
        """Input and output, float32."""
        from onnx import TensorProto, helper

        def end(number: int) -> Any:
            sizes = ["n" if i == 0 else None if size < 0 else size for i, size in enumerate(self._shape(number))]
            return helper.make_tensor_value_info(self._names[int(number)], TensorProto.FLOAT, sizes)

        return [end(self._subgraph.inputs[0])], [end(self._subgraph.outputs[0])]

    def _widen(self, operator: Any) -> None:
        from ai_edge_litert.schema_py_generated import TensorType

        tensor = self._subgraph.tensors[operator.inputs[0]]
        data = self._tables.buffers[tensor.buffer].data
        if data is None or tensor.type != TensorType.FLOAT16:
            raise Untranslatable("The network widens what is no constant in half precision.")
        shape = [int(size) for size in tensor.shape]
        self._halves[int(operator.outputs[0])] = np.asarray(data).view(np.float16).reshape(shape)

    def _convolve(self, operator: Any) -> None:
        from ai_edge_litert.schema_py_generated import Padding

        options, output = operator.builtinOptions, self._name(operator.outputs[0])
        inside, outside = f"{output}.before", f"{output}.after"
        self._add("Transpose", [self._name(operator.inputs[0])], inside, perm=_FIRST)
        self._add_activated(
            options.fusedActivationFunction,
            "Conv",
            [inside, *self._constants(operator, _FIRST)],
            outside,
            strides=[options.strideH, options.strideW],
            dilations=[options.dilationHFactor, options.dilationWFactor],
            auto_pad="VALID" if options.padding == Padding.VALID else "SAME_UPPER",
        )
        self._add("Transpose", [outside], output, perm=_LAST)

    def _connect(self, operator: Any) -> None:
        terms = [self._name(operator.inputs[0]), *self._constants(operator)]
        activation = operator.builtinOptions.fusedActivationFunction
        self._add_activated(activation, "Gemm", terms, self._name(operator.outputs[0]), transB=1)

    def _reshape(self, operator: Any) -> None:
        from onnx import numpy_helper

        output = self._name(operator.outputs[0])
        shape = np.array(self._shape(operator.outputs[0]), np.int64)
        if (shape < 0).sum() > 1:
            raise Untranslatable("The network reshapes to more than one open size.")
        self.constants.append(numpy_helper.from_array(shape, f"{output}.shape"))
        self._add("Reshape", [self._name(operator.inputs[0]), f"{output}.shape"], output)

    def _concatenate(self, operator: Any) -> None:
        parts = [self._name(number) for number in operator.inputs]
        options, output = operator.builtinOptions, self._name(operator.outputs[0])
        self._add_activated(options.fusedActivationFunction, "Concat", parts, output, axis=options.axis)

    def _constants(self, operator: Any, axes: tuple[int, ...] | None = None) -> list[str]:
        """The names of the kernel, its axes in this order, and of the bias, which LiteRT leaves out when all 0."""
        _, kernel, *biases = (int(number) for number in operator.inputs)
        return [self._constant(kernel, axes), *(self._constant(bias) for bias in biases if bias >= 0)]

    def _constant(self, number: int, axes: tuple[int, ...] | None = None) -> str:
        """The name of a constant in float32; one that two operations use is written once."""
        from onnx import TensorProto, numpy_helper

        if number not in self._halves:
            raise Untranslatable("The network has a constant that is not in half precision.")
        name, half = self._name(number), self._halves[number]
        if name not in self._written:
            values = np.ascontiguousarray(half if axes is None else half.transpose(axes))
            self.constants.append(numpy_helper.from_array(values, f"{name}.half"))
            self._add("Cast", [f"{name}.half"], name, to=TensorProto.FLOAT)
            self._written.add(name)
        return name

    def _add_activated(
        self, activation: int, kind: str, inputs: list[str], output: str, **attributes: Any
    ) -> None:
        from ai_edge_litert.schema_py_generated import ActivationFunctionType as Activation

        if activation not in (Activation.NONE, Activation.RELU):
            raise Untranslatable(f"The network uses activation {activation} of LiteRT.")
        if activation == Activation.NONE:
            self._add(kind, inputs, output, **attributes)
        else:
            self._add(kind, inputs, f"{output}.linear", **attributes)
            self._add("Relu", [f"{output}.linear"], output)

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))

    def _name(self, number: int) -> str:
        return self._names.setdefault(int(number), f"tensor{int(number)}")

    def _shape(self, number: int) -> list[int]:
        """Sizes; -1 where the file leaves one open."""
        tensor = self._subgraph.tensors[number]
        signature = tensor.shapeSignature
        return [int(size) for size in (tensor.shape if signature is None else signature)]


def _nothing(operator: Any) -> None:
    pass
