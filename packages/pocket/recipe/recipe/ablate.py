"""`ablate`: the recipe with one idea off at a time, and a table of what each is worth.

Steps that two runs have in common are done once. A list about stage 2 alone (`vary = "retrieve"`) has one stage 1 for all of its seeds,
and may take it from a run that is there already.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, stdev

from .config import Config, read_config
from .fault import RecipeError
from .record import RunFolder, write_json
from .steps import STEPS, run_steps, share_steps

#: Its scores are what the others are held against.
WHOLE = "everything on"


@dataclass(frozen=True)
class Ablation:
    name: str
    changes: list[str]


@dataclass(frozen=True)
class Plan:
    """Of an ablation file: the base configuration, changes that all runs have, and what is switched off."""

    base: Path
    seeds: list[int]
    ablations: list[Ablation]
    #: Whose seed differs: "run" or "retrieve".
    vary: str = "run"
    changes: list[str] = field(default_factory=list)


def read_plan(path: Path) -> Plan:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        ablations = [Ablation(row["name"], row["set"]) for row in tables["ablation"]]
        seeds = [int(seed) for seed in tables["seeds"]]
        plan = Plan(path.parent / tables["base"], seeds, [Ablation(WHOLE, []), *ablations], tables.get("vary", "run"), tables.get("set", []))
    except (OSError, KeyError, TypeError, ValueError) as cause:
        raise RecipeError(f"{path} is no list of ablations ({cause!r}).", "Give it base, seeds and [[ablation]] with name and set.") from cause
    names = [ablation.name for ablation in plan.ablations]
    if len(set(names)) != len(names) or not seeds:
        raise RecipeError(f"{path} has a name twice, or no seed.", "Name each ablation once, and at least one seed.")
    if plan.vary not in ("run", "retrieve"):
        raise RecipeError(f"{path} has vary = {plan.vary!r}.", "It takes run or retrieve.")
    return plan


def ablate(path: Path, folder: Path, changes: list[str], source: Path | None = None) -> str:
    """Runs all of them, each resumable, and writes ablations.json and ablations.md. Gives the table. `source` is a run whose steps
    are taken over where they would be the same."""
    plan = read_plan(path)
    names = tuple(step.name for step in STEPS)
    scores: dict[str, list[dict[str, float]]] = {}
    changes = plan.changes + changes
    config = read_config(plan.base, changes)
    sources = [RunFolder(source)] if source else []
    for seed in plan.seeds:
        for ablation in plan.ablations:
            config = _seeded(read_config(plan.base, changes + ablation.changes), plan.vary, seed)
            run = RunFolder(folder / f"{ablation.name.replace(' ', '-')}-{seed}")
            for other in sources:
                share_steps(config, other, run)
            if ablation.name == WHOLE:
                sources.append(run)
            print(f"ablate  {ablation.name}, seed {seed}", flush=True)
            run_steps(config, run, names)
            scores.setdefault(ablation.name, []).append(_tuning(config, run))
            # After each run: a table of half the rows is better than none.
            write_json(folder / "ablations.json", scores)
            (folder / "ablations.md").write_text(format_table(scores, config), encoding="utf-8")
    return format_table(scores, config)


def format_table(scores: dict[str, list[dict[str, float]]], config: Config) -> str:
    """Mean over seeds, and the spread where there are several. The last column is the difference to everything on."""
    sets = list(scores[WHOLE][0])
    lines = [f"| | {' | '.join(sets)} | mean | difference |", "|---|" + "---|" * (len(sets) + 2)]
    whole = mean(_means(scores[WHOLE]))
    for name, runs in scores.items():
        cells = [_cell([run[key] for run in runs]) for key in sets]
        means = _means(runs)
        difference = "" if name == WHOLE else f"{mean(means) - whole:+.4f}"
        lines.append(f"| {name} | {' | '.join(cells)} | {_cell(means)} | {difference} |")
    steps = f"Stage 1 {config.distill.steps} steps, stage 2 {config.retrieve.steps} steps"
    return "\n".join(lines) + f"\n\nnDCG@10, dense alone, whole length. {steps}, {len(scores[WHOLE])} seeds. {config.run.time}\n"


def _tuning(config: Config, run: RunFolder) -> dict[str, float]:
    longest = str(max(config.evaluate.dimensions))
    document = run.record["steps"]["evaluate"]["scores"]["document tower"]
    return {name: document[name][longest] for name in config.evaluate.tuning}


def _means(runs: list[dict[str, float]]) -> list[float]:
    return [mean(run.values()) for run in runs]


def _cell(values: list[float]) -> str:
    spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    return f"{mean(values):.4f}{spread}"


def _seeded(config: Config, vary: str, seed: int) -> Config:
    return replace(config, **{vary: replace(getattr(config, vary), seed=seed)})
