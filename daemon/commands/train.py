"""Train the network on photographs, or go on with a run where it stopped. Its folder gets the weights and a log."""

from __future__ import annotations

import argparse
from zipfile import is_zipfile

from huedot.protocol.errors import FileError

from .terminal import say, say_json, working


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options: those of `python -m huedot.model.train`, and `--json`."""
    from huedot.model.train.__main__ import add_arguments

    add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Train to the end of the schedule."""
    from huedot.model.train.__main__ import line, open_run

    _check_inputs(arguments)
    latest: dict[str, float] = {}
    with working("indexing the photographs") as show:
        training = open_run(arguments)
        show(f"training on {training.device}", training.step / arguments.steps)
        for latest in training.train():
            show(line(latest), latest["step"] / arguments.steps)
    weights = arguments.output / "huedot.safetensors"
    if arguments.json:
        say_json(
            {"weights": str(weights), "log": str(arguments.output / "log.jsonl"), "steps": training.step, **latest}
        )
    else:
        say(f"{weights} after {training.step} steps. Use it: huedot colorize PHOTO --model {weights}")
    return 0


def _check_inputs(arguments: argparse.Namespace) -> None:
    """Raise FileError or WeightsCorrupt before the run's folder is made."""
    from huedot.model.loading import read_weights

    if not arguments.photographs.is_dir():
        raise FileError(f"{arguments.photographs} is no folder.", "Give a folder of photographs or tar shards.")
    if arguments.start is not None:
        read_weights(arguments.start)
    if arguments.encoder is not None and not is_zipfile(arguments.encoder):
        raise FileError(f"{arguments.encoder} is missing, or no .npz.", "Check the path after --encoder.")
