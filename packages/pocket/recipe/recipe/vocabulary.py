"""The student's vocabulary: the teacher's tokens of Latin and Greek script, the most frequent ones where there is a limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from .fault import RecipeError

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNK, CLS, SEP = 0, 1, 2, 3


def open_tokenizer(text: str) -> Tokenizer:
    """A tokenizer that neither cuts nor pads: both are done on token ids."""
    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def count_tokens(tokenizer: Tokenizer, texts: list[str], counts: np.ndarray) -> None:
    """Adds the number of each token in `texts` to `counts`."""
    for start in range(0, len(texts), 1024):
        for encoding in tokenizer.encode_batch(texts[start : start + 1024], add_special_tokens=False):
            np.add.at(counts, encoding.ids, 1)


def choose_tokens(vocabulary: dict[str, int], counts: np.ndarray, limit: int) -> list[int]:
    """The teacher's ids that stay, in the student's order: special tokens first, then by the teacher's id."""
    missing = [token for token in SPECIAL if token not in vocabulary]
    if missing:
        raise RecipeError(f"The teacher's vocabulary has no {', '.join(missing)}.", "Take a BERT teacher.")
    special = [vocabulary[token] for token in SPECIAL]
    letters, words = [], []
    for token, at in vocabulary.items():
        text = token.removeprefix("##")
        if at in special or token.startswith("[unused") or not all(map(_is_basic, text)):
            continue
        (letters if len(text) == 1 else words).append(at)
    if limit > 0:
        # Single characters always stay: without them a rare word would be unknown instead of spelt.
        words.sort(key=lambda at: (-counts[at], at))
        words = words[: max(0, limit - len(special) - len(letters))]
    return special + sorted(letters + words)


def prune_tokenizer(text: str, kept: list[int]) -> str:
    """The teacher's tokenizer.json with only the kept tokens, renumbered."""
    tokenizer: dict[str, Any] = json.loads(text)
    if tokenizer["model"].get("type", "WordPiece") != "WordPiece":
        raise RecipeError("The teacher's tokenizer is no WordPiece.", "Take a BERT teacher.")
    names = {at: token for token, at in tokenizer["model"]["vocab"].items()}
    vocabulary = {names[at]: new for new, at in enumerate(kept)}
    tokenizer["model"]["vocab"] = vocabulary
    tokenizer["added_tokens"] = [
        {**token, "id": vocabulary[token["content"]]} for token in tokenizer["added_tokens"] if token["content"] in vocabulary
    ]
    for token in tokenizer["post_processor"]["special_tokens"].values():
        token["ids"] = [vocabulary[name] for name in token["tokens"]]
    tokenizer["truncation"] = tokenizer["padding"] = None
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))


def make_tokenizer_config(max_tokens: int) -> str:
    """tokenizer_config.json of the student."""
    fields = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": True,
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        "model_max_length": max_tokens,
        **{f"{token.strip('[]').lower()}_token": token for token in ("[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]")},
    }
    return json.dumps(fields, indent=1)


def read_tokenizer(folder: Path) -> str:
    """tokenizer.json of a model folder."""
    try:
        return (folder / "tokenizer.json").read_text(encoding="utf-8")
    except OSError as cause:
        raise RecipeError(
            f"{folder} has no tokenizer.json.", "Set teacher.folder to a folder of sentence-transformers/all-MiniLM-L6-v2."
        ) from cause


def _is_basic(character: str) -> bool:
    """Latin with its accents, Greek, punctuation and signs of text."""
    code = ord(character)
    return code < 0x250 or 0x370 <= code < 0x400 or 0x2000 <= code < 0x2300
