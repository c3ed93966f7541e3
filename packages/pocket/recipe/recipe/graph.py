"""The two ONNX graphs of an encoder, over one file of weights.

`webgpu`: MatMulNBits on the 4-bit codes, float activations. `wasm`: MatMulInteger on int8 weights that the loader makes from the same
codes, and one activation scale for each token, so that a text's vector does not depend on the texts beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from .encoder import CODES, MASKED, NORM_EPSILON, Encoder, Layer, Norm
from .quantization import BLOCK, LOWEST_CODE, QuantizedLinear

OPSET = 18
IR_VERSION = 9
UINT8_ZERO = np.array(128, np.uint8)


@dataclass(frozen=True)
class Codes:
    """A weight as it is shipped: 4-bit codes, two in a byte with the low half first, and the int8 weights that they make."""

    packed: np.ndarray
    multipliers: np.ndarray
    scales: np.ndarray
    #: [inputs, outputs], as MatMulInteger wants it.
    int8: np.ndarray


@dataclass
class Graph:
    """Nodes and tensors under construction. Names in `shared` go to the weights file, those in `expanded` to the int8 file."""

    nodes: list = field(default_factory=list)
    tensors: list[TensorProto] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    expanded: dict[str, tuple[int, int]] = field(default_factory=dict)

    def constant(self, value: np.ndarray | np.floating, name: str | None = None) -> str:
        name = name or f"constant_{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def share(self, value: np.ndarray, name: str) -> str:
        self.shared.add(name)
        return self.constant(np.ascontiguousarray(value), name)

    def node(self, kind: str, *inputs: str, outputs: int = 1, name: str = "", domain: str = "", **attributes) -> str:
        """Gives the name of the output; of several, the stem to which 0, 1, ... is added."""
        at = name or f"{kind.lower()}_{len(self.nodes)}"
        names = [at] if outputs == 1 else [f"{at}{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=f"node_{at}", domain=domain, **attributes))
        return at

    def microsoft(self, kind: str, *inputs: str, **attributes) -> str:
        return self.node(kind, *inputs, domain="com.microsoft", **attributes)

    def floats(self, name: str) -> str:
        return self.node("Cast", name, to=TensorProto.FLOAT)


def make_codes(linear: QuantizedLinear) -> Codes:
    """Of a finished layer, whose weights are multiples of its steps already."""
    weight, scale, multiplier = (tensor.detach().cpu().double().numpy() for tensor in (linear.weight, linear.scale, linear.multiplier))
    blocks = weight.reshape(len(weight), -1, BLOCK)
    steps = (multiplier * scale[:, None])[..., None]
    signed = np.clip(np.round(blocks / steps), LOWEST_CODE, -LOWEST_CODE - 1)
    codes = (signed - LOWEST_CODE).astype(np.uint8)
    int8 = (signed * multiplier[..., None]).reshape(weight.shape)
    assert np.abs(int8).max() <= 127, "a code times a multiplier does not fit int8"
    return Codes(codes[..., 0::2] | (codes[..., 1::2] << 4), multiplier.astype(np.int8), scale.astype(np.float32), int8.T.astype(np.int8))


def build_graph(encoder: Encoder, device: str, name: str) -> tuple[ModelProto, Graph]:
    """`device` is "wasm" or "webgpu". The weights are still inside; `Graph` says which of them belong outside."""
    graph, shape = Graph(), encoder.shape
    x = _embed(graph, encoder)
    mask = graph.floats("attention_mask")
    hidden_keys = graph.node("Sub", graph.constant(np.float32(1)), graph.node("Unsqueeze", mask, graph.integers(1, 2)))
    hidden_keys = graph.node("Mul", hidden_keys, graph.constant(np.float32(MASKED)))
    for at, layer in enumerate(encoder.layers):
        x = _layer(graph, layer, f"layers.{at}", x, hidden_keys, device, shape.heads, shape.hidden)
    _pool(graph, encoder, x, mask)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch_size", "sequence_length"]) for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch_size", shape.hidden])]
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    body = helper.make_graph(graph.nodes, name, inputs, outputs, graph.tensors)
    return helper.make_model(body, ir_version=IR_VERSION, opset_imports=opsets, producer_name="nearfield-pocket"), graph


def _embed(graph: Graph, encoder: Encoder) -> str:
    codebooks = encoder.table.codebooks.detach().cpu().numpy().astype(np.float16)
    groups, _, size = codebooks.shape
    codes = graph.share(encoder.table.codes.cpu().numpy(), "words.codes")
    at = graph.node("Cast", graph.node("Gather", codes, "input_ids"), to=TensorProto.INT32)
    at = graph.node("Add", at, graph.constant((np.arange(groups) * CODES).astype(np.int32)))
    books = graph.floats(graph.share(codebooks.reshape(-1, size), "words.codebooks"))
    words = graph.node("Reshape", graph.node("Gather", books, at), graph.integers(0, 0, encoder.shape.hidden))
    length = graph.node("Gather", graph.node("Shape", "input_ids"), graph.integers(1))
    positions = graph.floats(graph.share(encoder.positions.detach().cpu().numpy().astype(np.float16), "positions"))
    x = graph.node("Add", words, graph.node("Slice", positions, graph.integers(0), length, graph.integers(0)))
    return _norm(graph, encoder.norm, "words.norm", x)


def _layer(graph: Graph, layer: Layer, name: str, x: str, hidden_keys: str, device: str, heads: int, hidden: int) -> str:
    size = hidden // heads

    def split(part: str, *order: int) -> str:
        return graph.node("Transpose", graph.node("Reshape", part, graph.integers(0, 0, heads, size)), perm=order)

    parts = _linear(graph, layer.qkv, f"{name}.qkv", x, device)
    parts = graph.node("Split", parts, graph.integers(hidden, hidden, hidden), outputs=3, axis=-1)
    scores = graph.node("MatMul", split(f"{parts}0", 0, 2, 1, 3), split(f"{parts}1", 0, 2, 3, 1))
    scores = graph.node("Add", graph.node("Mul", scores, graph.constant(np.float32(size**-0.5))), hidden_keys)
    mixed = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), split(f"{parts}2", 0, 2, 1, 3))
    mixed = graph.node("Reshape", graph.node("Transpose", mixed, perm=[0, 2, 1, 3]), graph.integers(0, 0, hidden))
    out = _linear(graph, layer.attention_out, f"{name}.attention_out", mixed, device)
    x = _norm(graph, layer.attention_norm, f"{name}.attention_norm", graph.node("Add", x, out))
    wide = graph.microsoft("Gelu", _linear(graph, layer.up, f"{name}.up", x, device))
    out = _linear(graph, layer.down, f"{name}.down", wide, device)
    return _norm(graph, layer.output_norm, f"{name}.output_norm", graph.node("Add", x, out))


def _linear(graph: Graph, linear: QuantizedLinear, name: str, x: str, device: str) -> str:
    codes = make_codes(linear)
    rows, columns = linear.weight.shape
    smoothing = linear.smoothing.cpu().numpy()
    if np.any(smoothing != 1):
        x = graph.node("Mul", x, graph.share((1 / smoothing).astype(np.float32), f"{name}.smoothing"))
    scales = graph.share(codes.scales, f"{name}.scales")
    if device == "webgpu":
        packed = graph.share(codes.packed, f"{name}.codes")
        multipliers = graph.floats(graph.share(codes.multipliers, f"{name}.multipliers"))
        steps = graph.node("Mul", multipliers, graph.node("Unsqueeze", scales, graph.integers(1)))
        steps = graph.node("Reshape", steps, graph.integers(-1))
        y = graph.microsoft("MatMulNBits", x, packed, steps, N=rows, K=columns, bits=4, block_size=BLOCK)
    else:
        graph.expanded[f"{name}.int8"] = (rows, columns)
        weight = graph.constant(codes.int8, f"{name}.int8")
        peak = graph.node("ReduceMax", graph.node("Abs", x), graph.integers(-1), keepdims=1)
        scale = graph.node("Mul", graph.node("Max", peak, graph.constant(np.float32(1e-9))), graph.constant(np.float32(1 / 127)))
        zero = graph.constant(UINT8_ZERO)
        rounded = graph.node("QuantizeLinear", graph.node("Div", x, scale), graph.constant(np.float32(1)), zero)
        y = graph.floats(graph.node("MatMulInteger", rounded, weight, zero))
        y = graph.node("Mul", graph.node("Mul", y, scale), scales)
    return graph.node("Add", y, graph.share(linear.bias.detach().cpu().numpy(), f"{name}.bias"))


def _norm(graph: Graph, norm: Norm, name: str, x: str) -> str:
    gain = graph.share(norm.gain.detach().cpu().numpy(), f"{name}.gain")
    bias = graph.share(norm.bias.detach().cpu().numpy(), f"{name}.bias")
    return graph.node("LayerNormalization", x, gain, bias, axis=-1, epsilon=NORM_EPSILON)


def _pool(graph: Graph, encoder: Encoder, x: str, mask: str) -> None:
    """Mean over the tokens that are there, the rotation, unit length."""
    present = graph.node("Unsqueeze", mask, graph.integers(2))
    total = graph.node("ReduceSum", graph.node("Mul", x, present), graph.integers(1), keepdims=0)
    count = graph.node("Max", graph.node("ReduceSum", present, graph.integers(1), keepdims=0), graph.constant(np.float32(1)))
    rotation = encoder.rotation.weight.detach().cpu().numpy().T.astype(np.float16)
    y = graph.node("MatMul", graph.node("Div", total, count), graph.floats(graph.share(rotation, "rotation")))
    y = graph.node("Add", y, graph.share(encoder.rotation.bias.detach().cpu().numpy(), "rotation.bias"))
    square = graph.node("ReduceSum", graph.node("Mul", y, y), graph.integers(1), keepdims=1)
    length = graph.node("Sqrt", graph.node("Max", square, graph.constant(np.float32(1e-12))))
    graph.node("Div", y, length, name="sentence_embedding")
