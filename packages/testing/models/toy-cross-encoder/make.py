"""A BERT-shaped cross-encoder in small, with random weights: writes model.onnx and scores.json beside itself.

The graph is made node by node; the scores come from the same weights by plain numpy, one pair at a time, so that a wrong
segment, mask or position shows. Needs numpy, onnx and tokenizers. Usage: python make.py
"""
import json, math, os
import numpy as np, onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
TOWER = os.path.join(HERE, "..", "toy-two-towers", "document_0_Transformer")
VOCABULARY, HIDDEN, LAYERS, HEADS, INNER, POSITIONS, EPSILON = 1201, 32, 2, 2, 64, 128, 1e-12
WIDTH = HIDDEN // HEADS

random = np.random.default_rng(6)
weights = {}


def weight(name, *shape, spread=None):
    scale = spread if spread is not None else shape[0] ** -0.5 * 1.5
    weights[name] = (random.standard_normal(shape) * scale).astype(np.float32)
    return weights[name]


for name, rows in (("word", VOCABULARY), ("position", POSITIONS), ("segment", 2)):
    weight(name, rows, HIDDEN, spread=1.0)
for layer in range(LAYERS):
    for part, rows, columns in (("q", HIDDEN, HIDDEN), ("k", HIDDEN, HIDDEN), ("v", HIDDEN, HIDDEN), ("o", HIDDEN, HIDDEN), ("up", HIDDEN, INNER), ("down", INNER, HIDDEN)):
        weight(f"{layer}.{part}", rows, columns)
        weight(f"{layer}.{part}.bias", columns, spread=0.1)
weight("pool", HIDDEN, HIDDEN)
weight("class", HIDDEN, 1)


def reference(ids, types):
    def norm(x):
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + EPSILON)

    def linear(x, name):
        return x @ weights[name].astype(np.float64) + weights[f"{name}.bias"]

    x = norm(weights["word"][ids].astype(np.float64) + weights["position"][: len(ids)] + weights["segment"][types])
    for layer in range(LAYERS):
        q, k, v = (linear(x, f"{layer}.{part}").reshape(len(ids), HEADS, WIDTH).transpose(1, 0, 2) for part in "qkv")
        seen = q @ k.transpose(0, 2, 1) / math.sqrt(WIDTH)
        seen = np.exp(seen - seen.max(-1, keepdims=True))
        mixed = (seen / seen.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(len(ids), HIDDEN)
        x = norm(x + linear(mixed, f"{layer}.o"))
        x = norm(x + linear(np.maximum(linear(x, f"{layer}.up"), 0), f"{layer}.down"))
    return float((np.tanh(x[0] @ weights["pool"]) @ weights["class"])[0])


nodes, constants = [], []


def const(value, name=None):
    name = name or f"c{len(constants)}"
    constants.append(numpy_helper.from_array(np.asarray(value), name))
    return name


def op(kind, *inputs, to=None, **attributes):
    output = to or f"t{len(nodes)}"
    nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
    return output


def graph():
    ints = lambda *values: const(np.array(values, np.int64))
    ones, zeros = const(np.ones(HIDDEN, np.float32)), const(np.zeros(HIDDEN, np.float32))
    norm = lambda x: op("LayerNormalization", x, ones, zeros, axis=-1, epsilon=EPSILON)
    linear = lambda x, name: op("Add", op("MatMul", x, const(weights[name], name)), const(weights[f"{name}.bias"], f"{name}.bias"))
    length = op("Gather", op("Shape", "input_ids"), ints(1))
    places = op("Slice", const(weights["position"], "position"), ints(0), length, ints(0))
    words = op("Gather", const(weights["word"], "word"), "input_ids")
    x = norm(op("Add", op("Add", words, op("Gather", const(weights["segment"], "segment"), "token_type_ids")), places))
    hidden = op("Sub", const(np.float32(1)), cast(op("Unsqueeze", "attention_mask", ints(1, 2))))
    mask = op("Mul", hidden, const(np.float32(-1e9)))
    split = lambda x, order: op("Transpose", op("Reshape", x, ints(0, 0, HEADS, WIDTH)), perm=order)
    for layer in range(LAYERS):
        q, k, v = (split(linear(x, f"{layer}.{part}"), order) for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])))
        seen = op("Softmax", op("Add", op("Mul", op("MatMul", q, k), const(np.float32(WIDTH**-0.5))), mask), axis=-1)
        mixed = op("Reshape", op("Transpose", op("MatMul", seen, v), perm=[0, 2, 1, 3]), ints(0, 0, HIDDEN))
        x = norm(op("Add", x, linear(mixed, f"{layer}.o")))
        x = norm(op("Add", x, linear(op("Relu", linear(x, f"{layer}.up")), f"{layer}.down")))
    first = op("Gather", x, const(np.int64(0)), axis=1)
    op("MatMul", op("Tanh", op("MatMul", first, const(weights["pool"], "pool"))), const(weights["class"], "class"), to="logits")


def cast(x):
    output = f"t{len(nodes)}"
    nodes.append(helper.make_node("Cast", [x], [output], to=TensorProto.FLOAT))
    return output


graph()
inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask", "token_type_ids")]
output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])
model = helper.make_model(helper.make_graph(nodes, "cross-encoder", inputs, [output], constants), ir_version=9, opset_imports=[helper.make_opsetid("", 17)])
onnx.checker.check_model(model)
onnx.save_model(model, os.path.join(HERE, "model.onnx"))

tokenizer = Tokenizer.from_file(os.path.join(TOWER, "tokenizer.json"))
texts = json.load(open(os.path.join(HERE, "..", "texts.json"), encoding="utf-8"))
pairs = []
for query in texts[:3]:
    for passage in texts[:16]:
        read = tokenizer.encode(query, passage)
        assert len(read.ids) <= POSITIONS
        pairs.append(dict(query=query, passage=passage, ids=read.ids, types=read.type_ids, logit=reference(read.ids, read.type_ids)))
json.dump(dict(maxTokens=POSITIONS, pairs=pairs), open(os.path.join(HERE, "scores.json"), "w", encoding="utf-8"), ensure_ascii=False)
