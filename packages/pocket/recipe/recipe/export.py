"""Step `export`: the files that packages/pocket ships, their card, and the vectors that browsers are held against."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

from .config import Config
from .encoder import Encoder, load_encoder
from .fault import RecipeError
from .package import pack
from .record import RunFolder, hash_file, write_json
from .tokens import TokenStore, make_batch
from .vocabulary import CLS, SEP, open_tokenizer

#: The texts of packages/pocket/reference; the last four are the card's known answers.
REFERENCE_TEXTS = Path(__file__).resolve().parents[2] / "reference" / "texts.json"
KNOWN_ANSWERS = 4
#: Least cosine of a device's known answers, as the shipped card has it.
FLOOR = 0.995
#: Texts of different lengths together: padding must change nothing.
CHECK_BATCH = 8


def export(config: Config, run: RunFolder) -> None:
    """Writes model/, reference/ and card.json; with a query tower also query/ and towers.json."""
    folder = run.folder("export")
    shutil.rmtree(folder)
    prepared = run.folder("prepare")
    texts = json.loads(REFERENCE_TEXTS.read_text(encoding="utf-8"))
    document = _read(run.folder("quantize") / "document.safetensors")
    facts = {"document": export_tower(document, "pocket", config, prepared, run.folder("export"), texts, config.limits.document_bytes)}
    if config.tower.enabled:
        query = _read(run.folder("tower") / "query.safetensors")
        target = run.folder("export") / "query"
        facts["query"] = export_tower(query, "query", config, prepared, target, texts, config.limits.query_bytes)
        write_json(folder / "towers.json", {"query": "query/card.json", "document": "card.json"})
    run.note("export", **facts)
    for tower, fact in facts.items():
        print(f"export  {tower} tower: {fact['bytes']} bytes, {json.dumps(fact['cosine'])}", flush=True)


def export_tower(
    encoder: Encoder, name: str, config: Config, prepared: Path, folder: Path, texts: list[str], most_bytes: int
) -> dict[str, Any]:
    """One tower with all of its files. Refuses graphs that give other vectors than PyTorch, and files that are too large."""
    model, reference = folder / "model", folder / "reference"
    for part in (model, reference):
        part.mkdir(parents=True, exist_ok=True)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(prepared / file, model / file)
    wide = pack(encoder, model, name)
    store = TokenStore.make(open_tokenizer((model / "tokenizer.json").read_text(encoding="utf-8")), texts, encoder.shape.positions)
    rows = [store[at] for at in range(len(texts))]
    vectors = {"webgpu": _alone(encoder, rows, int8=False), "wasm": _alone(encoder, rows, int8=True)}
    write_reference(reference, name, texts, rows, vectors)
    for device, known in vectors.items():
        known[-KNOWN_ANSWERS:].tofile(model / f"canary.{device}.f32")
    cosine = check_graphs(model, name, wide, rows, vectors, encoder.shape.positions)
    if cosine["webgpu"] < config.limits.graph_cosine:
        raise RecipeError(
            f"{name}.webgpu.onnx gives other vectors than PyTorch: cosine {cosine['webgpu']:.6f}.", "Look at graph.py before anything else."
        )
    total = sum(file.stat().st_size for file in model.iterdir())
    if total > most_bytes:
        raise RecipeError(f"The files of {name} have {total} bytes of {most_bytes}.", "Take fewer layers, tokens or groups.")
    write_json(folder / "card.json", make_card(encoder, name, config, model, texts[-KNOWN_ANSWERS:]))
    (folder / "README.md").write_text(describe(config, name), encoding="utf-8")
    return {"bytes": total, "cosine": cosine}


def write_reference(folder: Path, name: str, texts: list[str], rows: list[np.ndarray], vectors: dict[str, np.ndarray]) -> None:
    """In the layout of packages/pocket/reference."""
    write_json(folder / "texts.json", texts)
    write_json(folder / "tokens.json", [[CLS, *row.tolist(), SEP] for row in rows])
    how = {
        "webgpu": "PyTorch, int4 weights, float32 activations",
        "wasm": "PyTorch, int4 weights, int8 activations with one scale per token",
    }
    for device, known in vectors.items():
        stem = name if device == "webgpu" else f"{name}.wasm"
        known.tofile(folder / f"{stem}.f32")
        layout = "row-major little-endian float32"
        facts = {"rows": len(known), "columns": known.shape[1], "layout": layout, "by": f"{how[device]}, one text at a time"}
        write_json(folder / f"{stem}.json", facts)


def check_graphs(
    model: Path, name: str, wide: dict[str, bytes], rows: list[np.ndarray], vectors: dict[str, np.ndarray], positions: int
) -> dict[str, float]:
    """Least cosine between ONNX Runtime and PyTorch, in mixed batches. (On processors without VNNI native int8 saturates, which
    browsers do not: "wasm" is a note, "webgpu" a test.)"""
    least = {}
    with tempfile.TemporaryDirectory() as place:
        for file in (*model.glob("*.onnx"), model / f"{name}.bin"):
            shutil.copyfile(file, Path(place) / file.name)
        for file, raw in wide.items():
            (Path(place) / file).write_bytes(raw)
        for device, known in vectors.items():
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = torch.get_num_threads()
            session = onnxruntime.InferenceSession(f"{place}/{name}.{device}.onnx", options, providers=["CPUExecutionProvider"])
            given = []
            for start in range(0, len(rows), CHECK_BATCH):
                batch = make_batch(rows[start : start + CHECK_BATCH], positions)
                given.append(session.run(None, {"input_ids": batch.ids.numpy(), "attention_mask": batch.mask.numpy()})[0])
            least[device] = round(float((np.concatenate(given) * known).sum(1).min()), 7)
    between = (vectors["wasm"] * vectors["webgpu"]).sum(1)
    return {**least, "between devices": round(float(between.min()), 5), "between devices, mean": round(float(between.mean()), 5)}


def make_card(encoder: Encoder, name: str, config: Config, model: Path, known: list[str]) -> dict[str, Any]:
    """A model card as packages/core has it, its URLs relative to the card's own."""
    shape, version = encoder.shape, config.release.version

    def file(path: str) -> dict[str, Any]:
        return {"url": f"model/{path}", "byteLength": (model / path).stat().st_size, "sha256": hash_file(model / path)}

    def artifact(device: str) -> dict[str, Any]:
        data = [{"path": f"{name}.bin", "file": file(f"{name}.bin")}]
        return {"graph": file(f"{name}.{device}.onnx"), "data": data, "knownAnswers": file(f"canary.{device}.f32")}

    expanded = {"path": f"{name}.int8.bin", "from": f"{name}.bin", "plan": file("expand.json")}
    return {
        "name": "nearfield-pocket" if name == "pocket" else f"nearfield-pocket-{name}",
        "version": version,
        "licence": "Apache-2.0",
        "space": f"nearfield-pocket@{version}",
        "dimensions": shape.hidden,
        "matryoshka": sorted(config.retrieve.matryoshka, reverse=True),
        "maxTokens": shape.positions,
        "pooling": "in-graph",
        "output": "sentence_embedding",
        "prompts": {"query": "", "document": ""},
        "artifacts": {"wasm": {**artifact("wasm"), "expanded": expanded}, "webgpu": artifact("webgpu")},
        "tokenizer": file("tokenizer.json"),
        "tokenizerConfig": file("tokenizer_config.json"),
        "knownAnswers": {"texts": known, "floor": FLOOR},
    }


def describe(config: Config, name: str) -> str:
    """The model card in words: origin, training data and licences. Figures come from the step evaluate."""
    return f"""# nearfield-{name} {config.release.version}

Made from sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0, the SBERT authors) by packages/pocket/recipe, run "{config.run.name}".
**The weights were changed.** Licence: Apache-2.0. Whoever passes it on keeps this attribution and says that the weights were changed.

Trained on: English Wikipedia 2015 (CC BY-SA 3.0), arXiv titles and abstracts (metadata CC0), MedQuAD (CC BY 4.0), SQuAD (CC BY-SA 4.0),
CLAPnq (Apache-2.0), COVID FAQ (MIT), and questions without passages of NQ, TriviaQA, WebQ and Mr.TyDi.

Stage 1: {"on" if config.distill.enabled else "off"}, {config.distill.steps} steps. Stage 2: {"on" if config.retrieve.enabled else "off"}, {config.retrieve.steps} steps.
"""


def _read(path: Path) -> Encoder:
    encoder = load_encoder(path).eval().requires_grad_(False)
    encoder.set_quantized(True)
    return encoder


def _alone(encoder: Encoder, rows: list[np.ndarray], int8: bool) -> np.ndarray:
    """One text at a time."""
    with torch.no_grad():
        batches = [make_batch([row], encoder.shape.positions) for row in rows]
        vectors = [encoder(batch.ids, batch.mask, int8).vectors for batch in batches]
    return torch.cat(vectors).numpy().astype("<f4")
