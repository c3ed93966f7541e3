"""The command line: `python -m recipe <step> --config configs/slice.toml`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .fault import RecipeError

#: Git ignores it, and everything below it can be made again.
CACHE = Path(__file__).resolve().parents[4] / ".cache" / "recipe"
STEP_HELP = """\
all        every step that is not done yet, from the data to the exported files
prepare    read and check the data, choose the vocabulary, make the untrained student
train      stage 1 (distillation) and stage 2 (retrieval)
merge      one model from the best checkpoints
quantize   the weights as they are shipped
tower      the query tower, where the configuration asks for one
export     graphs, weights, tokenizer, card, known answers and reference vectors
evaluate   nDCG@10 on the evaluation sets
ablate     the recipe with one idea off at a time; --config names a list of ablations
release    put the exported model in the place of packages/pocket/model
"""


def main(arguments: list[str] | None = None) -> int:
    """Gives the exit code: 0, 1 where something outside is wrong, 130 where the run was interrupted."""
    options = _parse(arguments)
    try:
        _run(options)
    except RecipeError as fault:
        print(f"recipe: {fault.problem} {fault.repair}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("recipe: interrupted. The same command goes on from the last checkpoint.", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    # Here, so that --help and a wrong option do not wait for PyTorch.
    from .ablate import ablate
    from .config import read_config
    from .record import RunFolder
    from .release import release
    from .steps import COMMANDS, STEPS, run_steps

    if options.step == "ablate":
        print(ablate(options.config, options.run or CACHE / options.config.stem, options.set, options.source))
        return
    config = read_config(options.config, options.set)
    folder = options.run or CACHE / config.run.name
    if options.step == "release":
        for file in release(folder / "export"):
            print(f"release  {file}")
        return
    names = tuple(step.name for step in STEPS) if options.step == "all" else COMMANDS[options.step]
    print(f"recipe  {config.run.name}: {config.run.time}", flush=True)
    run_steps(config, RunFolder(folder), names)
    print(f"recipe  {', '.join(names)}: done, see {folder}", flush=True)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    steps = [line.split()[0] for line in STEP_HELP.splitlines()]
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("recipe", description="Makes the pocket model from data.", epilog=STEP_HELP, formatter_class=form)
    parser.add_argument("step", choices=steps, metavar="step")
    parser.add_argument("--config", type=Path, required=True, help="a TOML file of configs/")
    parser.add_argument("--run", type=Path, help="the run's folder; .cache/recipe/<name> of the repository by default")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.FIELD=VALUE", help="change a field; may be repeated")
    parser.add_argument("--from", dest="source", type=Path, help="for ablate: a run whose steps are taken over where they would be the same")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
