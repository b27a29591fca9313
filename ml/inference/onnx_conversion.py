"""Convert a network from a LiteRT file to ONNX.

The source is the file that the site reads with, so the ONNX file has the same weights. Each LiteRT operation is
written as one or a few ONNX operations. Only the operations that the networks of ml/training/networks.py use are
supported; a network with any other is refused.

Written by hand because no published converter fits. tf2onnx 1.17 gives the same logits, but it loads TensorFlow:
with it a download takes 3.7 s of CPU time and 680 MB of memory, with this module 0.2 s and 94 MB.
tflite2onnx 0.4.1 supports neither half precision nor the operation SHAPE.

Import this module only to convert: it loads LiteRT and onnx.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.schema_py_generated import ActivationFunctionType as Activation
from ai_edge_litert.schema_py_generated import BuiltinOperator, ModelT, Padding, TensorType
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

_OPSET = 17
_IR_VERSION = 8  # the file format of opset 17; older runtimes refuse later ones
_OUTPUT_NAME = "outputs"
# Orders of the axes of images and kernels: LiteRT has the channels last, ONNX has them first.
_TO_CHANNELS_FIRST = (0, 3, 1, 2)
_TO_CHANNELS_LAST = (0, 2, 3, 1)
# These compute the shape that a RESHAPE takes. They are left out, because the file declares that shape as well.
_SHAPE_OPERATORS = (BuiltinOperator.SHAPE, BuiltinOperator.STRIDED_SLICE, BuiltinOperator.PACK)


class UnsupportedNetwork(ValueError):
    """LiteRT cannot open the network, or the network does something that cannot be converted."""


def to_onnx(model: bytes, input_name: str, version: str) -> bytes:
    """Convert a LiteRT file with one input and one output; the same file always gives the same bytes.

    The input is called `input_name`, the output "outputs". Both are float32 and have the same shapes as in LiteRT,
    channels last; sizes that may vary there may vary in ONNX as well. Weights stay float16, and a Cast turns each
    into float32. `version` becomes the metadata entry "version". Raises UnsupportedNetwork.
    """
    conversion = _Conversion(_read_tables(model), input_name)
    conversion.add_operators()
    inputs, outputs = [conversion.input_info()], [conversion.output_info()]
    graph = helper.make_graph(conversion.nodes, input_name, inputs, outputs, initializer=conversion.initializers)
    opset = helper.make_opsetid("", _OPSET)
    converted = helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="Numeral")
    helper.set_model_props(converted, {"version": version})
    try:
        checker.check_model(converted)
    except checker.ValidationError as error:
        # An operation that is left out was needed after all.
        raise UnsupportedNetwork("The network uses a shape for something other than RESHAPE.") from error
    return bytes(converted.SerializeToString(deterministic=True))


def _read_tables(model: bytes) -> Any:
    """The tables of the file (schema.ModelT).

    The generated parser checks no offsets, so LiteRT opens the file first, which does. Nothing is run.
    """
    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    try:
        Interpreter(model_content=model, num_threads=1, experimental_op_resolver_type=resolver)
    except (ValueError, RuntimeError) as error:
        raise UnsupportedNetwork("LiteRT cannot open the network.") from error
    tables = ModelT.InitFromPackedBuf(model, 0)
    inputs, outputs = tables.subgraphs[0].inputs, tables.subgraphs[0].outputs
    if len(tables.subgraphs) != 1 or any(ends is None or len(ends) != 1 for ends in (inputs, outputs)):
        raise UnsupportedNetwork("The network has more than one input or output.")
    return tables


class _Conversion:
    """The ONNX nodes and constants of one network, added operator by operator.

    Arguments called `tensor` are numbers of tensors in the LiteRT file; those called `operator` are OperatorT
    objects of the LiteRT schema.
    """

    def __init__(self, tables: Any, input_name: str) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []
        self._tables = tables
        self._subgraph = tables.subgraphs[0]
        self._input, self._output = int(self._subgraph.inputs[0]), int(self._subgraph.outputs[0])
        self._names = {self._input: input_name, self._output: _OUTPUT_NAME}
        # Weights by the number of the float32 tensor that DEQUANTIZE makes of them. They are added only with the
        # operator that uses them, because it decides the order of their axes.
        self._half_weights: dict[int, NDArray[np.float16]] = {}
        self._added_weights: set[str] = set()

    def add_operators(self) -> None:
        """Convert all operators, in the order of the file. Raises UnsupportedNetwork."""
        converters = {
            BuiltinOperator.DEQUANTIZE: self._keep_weight,
            BuiltinOperator.CONV_2D: self._add_convolution,
            BuiltinOperator.FULLY_CONNECTED: self._add_fully_connected,
            BuiltinOperator.RESHAPE: self._add_reshape,
            BuiltinOperator.CONCATENATION: self._add_concatenation,
        }
        for operator in self._subgraph.operators:
            code = self._tables.operatorCodes[operator.opcodeIndex]
            # The deprecated field holds codes up to 127, and 127 for all above.
            builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
            if builtin in _SHAPE_OPERATORS:
                continue
            if builtin not in converters:
                raise UnsupportedNetwork(f"The network uses operation {builtin} of LiteRT.")
            converters[builtin](operator)

    def input_info(self) -> ValueInfoProto:
        """Name, type and shape of the input."""
        return self._value_info(self._input)

    def output_info(self) -> ValueInfoProto:
        """Name, type and shape of the output."""
        return self._value_info(self._output)

    def _value_info(self, tensor: int) -> ValueInfoProto:
        """Name, type and shape; the batch size is called "n", other variable sizes have no name."""
        _, *sizes = self._shape(tensor)
        shape = ["n", *(None if size < 0 else size for size in sizes)]
        return helper.make_tensor_value_info(self._names[tensor], TensorProto.FLOAT, shape)

    def _keep_weight(self, operator: Any) -> None:
        tensor = self._subgraph.tensors[operator.inputs[0]]
        data = self._tables.buffers[tensor.buffer].data
        if data is None or tensor.type != TensorType.FLOAT16:
            raise UnsupportedNetwork("The network dequantizes something other than a float16 constant.")
        shape = [int(size) for size in tensor.shape]
        self._half_weights[int(operator.outputs[0])] = np.asarray(data).view(np.float16).reshape(shape)

    def _add_convolution(self, operator: Any) -> None:
        options, output = operator.builtinOptions, self._name(operator.outputs[0])
        channels_first, convolved = f"{output}.before", f"{output}.after"
        image = self._name(operator.inputs[0])
        self._add_node("Transpose", [image], channels_first, perm=_TO_CHANNELS_FIRST)
        self._add_activated(
            options.fusedActivationFunction,
            "Conv",
            [channels_first, *self._add_kernel_and_bias(operator, _TO_CHANNELS_FIRST)],
            convolved,
            strides=[options.strideH, options.strideW],
            dilations=[options.dilationHFactor, options.dilationWFactor],
            auto_pad="VALID" if options.padding == Padding.VALID else "SAME_UPPER",
        )
        self._add_node("Transpose", [convolved], output, perm=_TO_CHANNELS_LAST)

    def _add_fully_connected(self, operator: Any) -> None:
        activation = operator.builtinOptions.fusedActivationFunction
        inputs = [self._name(operator.inputs[0]), *self._add_kernel_and_bias(operator)]
        self._add_activated(activation, "Gemm", inputs, self._name(operator.outputs[0]), transB=1)

    def _add_reshape(self, operator: Any) -> None:
        output = self._name(operator.outputs[0])
        shape = np.array(self._shape(operator.outputs[0]), np.int64)
        if (shape < 0).sum() > 1:
            raise UnsupportedNetwork("The network reshapes to a shape with more than one variable size.")
        self.initializers.append(numpy_helper.from_array(shape, f"{output}.shape"))
        self._add_node("Reshape", [self._name(operator.inputs[0]), f"{output}.shape"], output)

    def _add_concatenation(self, operator: Any) -> None:
        options, inputs = operator.builtinOptions, [self._name(tensor) for tensor in operator.inputs]
        output = self._name(operator.outputs[0])
        self._add_activated(options.fusedActivationFunction, "Concat", inputs, output, axis=options.axis)

    def _add_kernel_and_bias(self, operator: Any, axes: tuple[int, ...] | None = None) -> list[str]:
        """Names of the kernel, transposed by `axes`, and of the bias, which LiteRT omits (-1) when it is all 0."""
        _, kernel, *biases = (int(tensor) for tensor in operator.inputs)
        return [self._add_weight(kernel, axes), *(self._add_weight(bias) for bias in biases if bias >= 0)]

    def _add_weight(self, tensor: int, axes: tuple[int, ...] | None = None) -> str:
        """Name of a weight as float32; a weight that two operators use is added once."""
        if tensor not in self._half_weights:
            raise UnsupportedNetwork("The network has a weight that is not float16.")
        name, weight = self._name(tensor), self._half_weights[tensor]
        if name not in self._added_weights:
            values = np.ascontiguousarray(weight if axes is None else weight.transpose(axes))
            self.initializers.append(numpy_helper.from_array(values, f"{name}.half"))
            self._add_node("Cast", [f"{name}.half"], name, to=TensorProto.FLOAT)
            self._added_weights.add(name)
        return name

    def _add_activated(
        self, activation: int, kind: str, inputs: list[str], output: str, **attributes: Any
    ) -> None:
        """Add a node and the activation that LiteRT fuses with it."""
        if activation == Activation.NONE:
            self._add_node(kind, inputs, output, **attributes)
        elif activation == Activation.RELU:
            self._add_node(kind, inputs, f"{output}.linear", **attributes)
            self._add_node("Relu", [f"{output}.linear"], output)
        else:
            raise UnsupportedNetwork(f"The network uses activation {activation} of LiteRT.")

    def _add_node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))

    def _name(self, tensor: int) -> str:
        return self._names.setdefault(int(tensor), f"tensor{int(tensor)}")

    def _shape(self, tensor: int) -> list[int]:
        """Sizes of the axes; -1 for a variable size."""
        table = self._subgraph.tensors[tensor]
        signature = table.shapeSignature
        return [int(size) for size in (table.shape if signature is None else signature)]
