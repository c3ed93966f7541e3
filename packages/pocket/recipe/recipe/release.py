"""`release`: puts an exported model in the place of the shipped one, with its reference vectors and the figures in the card."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from .fault import RecipeError

PACKAGE = Path(__file__).resolve().parents[2]


def release(exported: Path, package: Path = PACKAGE) -> list[str]:
    """Copies model/ and reference/ and rewrites src/card.ts. Gives the files that changed. Nothing is touched if anything is missing."""
    card_path = exported / "card.json"
    if not card_path.is_file():
        raise RecipeError(f"{exported} has no card.json.", "Run the step export first.")
    card = json.loads(card_path.read_text(encoding="utf-8"))
    source = package / "src" / "card.ts"
    text = update_card(source.read_text(encoding="utf-8"), card)
    changed = []
    for folder in ("model", "reference"):
        for file in sorted((exported / folder).iterdir()):
            target = package / folder / file.name
            if not target.exists() or target.read_bytes() != file.read_bytes():
                shutil.copyfile(file, target)
                changed.append(str(target.relative_to(package)))
    if text != source.read_text(encoding="utf-8"):
        source.write_text(text, encoding="utf-8")
        changed.append("src/card.ts")
    return changed


def update_card(text: str, card: dict) -> str:
    """card.ts with the version, space, lengths and hashes of card.json. The words around them stay."""
    files = [card["tokenizer"], card["tokenizerConfig"]]
    for artifact in card["artifacts"].values():
        files += [artifact["graph"], artifact["knownAnswers"], *(item["file"] for item in artifact["data"])]
        files += [artifact["expanded"]["plan"]] if "expanded" in artifact else []
    for file in files:
        name = re.escape(Path(file["url"]).name)
        pattern = rf'(model/{name}(?:\?[a-z-]+)?", import\.meta\.url\)\.href,\s+byteLength: )[\d_]+(,\s+sha256: ")[0-9a-f]{{64}}'
        text, count = re.subn(pattern, rf"\g<1>{file['byteLength']:_}\g<2>{file['sha256']}", text)
        if count == 0:
            raise RecipeError(f"src/card.ts does not name {file['url']}.", "Look at what changed in its form.")
    for field in ("version", "space"):
        text, count = re.subn(rf'(\b{field}: ")[^"]*', rf"\g<1>{card[field]}", text)
        if count != 1:
            raise RecipeError(f"src/card.ts has {count} fields {field}.", "Look at what changed in its form.")
    return text
