"""Train a network on photographs, or go on with a run where it stopped. Its folder gets the weights and a log."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from huedot.protocol.errors import FileError

from .terminal import say, say_columns, say_json, working

ENCODERS = (".npz", ".pth")

if TYPE_CHECKING:
    from huedot.model.train.loop import Run


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options: those of `python -m huedot.model.train`, and `--json`."""
    from huedot.model.train.__main__ import add_arguments

    add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Train to the end of the schedule, or measure."""
    from huedot.model.train.__main__ import open_run, ran_in_processes
    from huedot.model.train.parallel import joined

    _check_inputs(arguments)
    if ran_in_processes(arguments, "huedot.daemon.cli", arguments.words):
        return 0
    with joined() as world:
        with working("indexing the photographs"):
            training = open_run(arguments, world)
        answer = _train(training) if arguments.measure is None else _measure(training, arguments.measure)
    if not world.leads:
        return 0
    if arguments.json:
        say_json(answer)
    elif arguments.measure is not None:
        say_columns([("photographs per second", ""), *((name, f"{speed:.1f}") for name, speed in answer.items())])
    else:
        say(f"{training.weights} after {training.step} steps. Use it: huedot colorize PHOTO --model {training.weights}")
    return 0


def _train(training: Run) -> dict[str, object]:
    from huedot.model.train.__main__ import duration

    latest: dict[str, float] = {}
    steps = training.options.steps
    with working(f"training on {training.world.device}") as show:

        def progress(step: int, left: float) -> None:
            losses = f", huber {latest['huber']:.3g}" if latest else ""
            show(f"step {step} of {steps}, {duration(left)} left{losses}", step / steps)

        for record in training.train(progress):
            latest = record
    log = training.folder.path / "log.jsonl"
    return {"weights": str(training.weights), "log": str(log), "steps": training.step, **latest}


def _measure(training: Run, steps: int) -> dict[str, object]:
    from huedot.model.train.measure import measure

    with working(f"measuring on {training.world.device}"):
        return {**measure(training, steps)}


def _check_inputs(arguments: argparse.Namespace) -> None:
    """Raise FileError or WeightsCorrupt before the run's folder is made."""
    from huedot.model.loading import read_weights

    if not arguments.photographs.is_dir():
        raise FileError(f"{arguments.photographs} is no folder.", "Give a folder of photographs or tar shards.")
    if arguments.start is not None:
        read_weights(arguments.start)
    for path in arguments.encoder:
        if not path.is_file() or path.suffix not in ENCODERS:
            raise FileError(f"{path} is missing, or no {' or '.join(ENCODERS)}.", "Check the path after --encoder.")
