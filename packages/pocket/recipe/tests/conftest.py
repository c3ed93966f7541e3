"""A small world: a random BERT of two layers as the teacher, made-up sentences as data, one evaluation set."""

import json
import lzma
import os
import random
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from recipe.config import Config, make_config

HIDDEN, LAYERS, HEADS, WIDE, POSITIONS = 64, 2, 2, 128, 64
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = [a + b + c for a in "bdfgklmnprst" for b in "aeiou" for c in "lnrst"]


def sentence(source: random.Random, length: int) -> str:
    return " ".join(source.choice(WORDS) for _ in range(length))


def write_teacher(folder: Path) -> None:
    folder.mkdir()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokens = [*special, "[unused0]", *LETTERS, *(f"##{letter}" for letter in LETTERS), *".,?!-", *WORDS, "東"]
    vocabulary = {token: at for at, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"num_attention_heads": HEADS}))
    generator = torch.Generator().manual_seed(3)

    def weight(*shape: int, spread: float = 0.2) -> torch.Tensor:
        return torch.randn(*shape, generator=generator) * spread

    tensors = {
        "embeddings.word_embeddings.weight": weight(len(vocabulary), HIDDEN, spread=1.0),
        "embeddings.position_embeddings.weight": weight(POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": weight(2, HIDDEN),
    }
    norms = ["embeddings"]
    for at in range(LAYERS):
        layer = f"encoder.layer.{at}"
        sizes = {"attention.self.query": (HIDDEN, HIDDEN), "attention.self.key": (HIDDEN, HIDDEN), "attention.self.value": (HIDDEN, HIDDEN)}
        sizes |= {"attention.output.dense": (HIDDEN, HIDDEN), "intermediate.dense": (WIDE, HIDDEN), "output.dense": (HIDDEN, WIDE)}
        for name, (rows, columns) in sizes.items():
            tensors[f"{layer}.{name}.weight"] = weight(rows, columns)
            tensors[f"{layer}.{name}.bias"] = weight(rows)
        norms += [f"{layer}.attention.output", f"{layer}.output"]
    for name in norms:
        tensors[f"{name}.LayerNorm.weight"] = 1 + weight(HIDDEN)
        tensors[f"{name}.LayerNorm.bias"] = weight(HIDDEN)
    save_file(tensors, folder / "model.safetensors")


def write_data(train: Path, evaluation: Path) -> None:
    source = random.Random(5)
    train.mkdir()
    passages = [sentence(source, 12) for _ in range(100)]
    # A query has words of its passage, so that a teacher of random weights finds it too.
    asked = [" ".join(source.sample(passage.split(), 8)) for passage in passages]
    wiki = [(asked[at], asked[at] if at % 2 else "", passages[at]) for at in range(40)]
    pairs = [("made-up", asked[at], passages[at]) for at in range(40, 100)]
    lone = [(sentence(source, 6),) for _ in range(30)]
    for name, rows in (("wiki", wiki), ("pairs", pairs), ("queries", lone)):
        text = "".join("\t".join(row) + "\n" for row in rows)
        (train / f"{name}.tsv.xz").write_bytes(lzma.compress(text.encode()))
    folder = evaluation / "tiny"
    (folder / "qrels").mkdir(parents=True)
    documents = [sentence(source, 15) for _ in range(12)]
    queries = [" ".join(document.split()[:4]) for document in documents]
    for name, texts in (("corpus", documents), ("queries", queries)):
        lines = [json.dumps({"_id": str(at), "title": "", "text": text}) for at, text in enumerate(texts)]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    judged = ["query-id\tcorpus-id\tscore", *(f"{at}\t{at}\t1" for at in range(12))]
    (folder / "qrels" / "test.tsv").write_text("\n".join(judged) + "\n")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("world")
    write_teacher(folder / "teacher")
    write_data(folder / "train", folder / "eval")
    return folder


def tables(world: Path) -> dict:
    return {
        "run": {"name": "tiny", "device": "cpu", "threads": 1, "checkpoint_every": 4},
        "data": {"train": str(world / "train"), "evaluation": str(world / "eval")},
        "teacher": {"folder": str(world / "teacher")},
        "student": {"layers": [0, 1], "groups": 16, "positions": 48, "cluster_rounds": 1},
        "arithmetic": {"search_every": 3},
        "distill": {"steps": 10, "pairs": 4, "queries": 4, "micro_batch": 64, "crops": [6, 12], "warmup": 2, "matryoshka": [64, 32]},
        "mine": {"tokens": 16, "depth": 8},
        "retrieve": {
            "steps": 6, "pairs": 4, "micro_batch": 64, "negatives": 2, "warmup": 2,
            "matryoshka": [64, 32], "keep_every": 2, "temperature": 0.1,
        },
        "merge": {"count": 2},
        "tower": {"enabled": True, "layers": [0], "groups": 8, "positions": 32, "steps": 3, "queries": 6, "micro_batch": 6},
        "evaluate": {"tuning": ["tiny"], "report": ["tiny"], "dimensions": [64, 32]},
    }  # fmt: skip


@pytest.fixture
def settings(world: Path) -> dict:
    """The configuration of the small world, as TOML would have it."""
    return tables(world)


@pytest.fixture
def config(settings: dict) -> Config:
    return make_config(settings)
