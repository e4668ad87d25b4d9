"""python -m huedot.model.train: the training loop alone, where only torch, numpy, pillow and safetensors are.

On several GPUs: torchrun --nproc-per-node 8 -m huedot.model.train PHOTOGRAPHS -o RUN
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from huedot.protocol.errors import HueDotError

from .folder import RunFolder
from .loop import Run
from .measure import measure
from .options import Options
from .parallel import World, is_alone, joined, processes_for, start_processes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what a training run takes: its files, and every field of `Options` as an option of that name."""
    parser.add_argument("photographs", type=Path, help="a folder of photographs or tar shards")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/huedot"), help="the run's folder")
    parser.add_argument("--start", type=Path, help="weights to start from (.safetensors or .pth)")
    parser.add_argument(
        "--encoder",
        type=Path,
        action="append",
        default=[],
        help="pretrained MobileNetV2 (.npz), or EfficientNet-Lite0 (.pth); may be given twice",
    )
    parser.add_argument("--processes", type=int, default=0, help="that share each batch; 0: one a core without a GPU")
    parser.add_argument(
        "--measure", type=_positive, metavar="STEPS", help="measure the speed over some steps, and stop"
    )
    for field in fields(Options):
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            type=type(field.default),
            choices=field.metadata["choices"],
            help=f"{field.metadata['help']} (default: {field.default})",
        )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return number


def open_run(arguments: argparse.Namespace, world: World) -> Run:
    """Return the run that the arguments ask for: a new one, or that of the folder, with its options, resumed.

    Raises ArgumentError, FileError, WeightsMissing or WeightsCorrupt.
    """
    given = {field.name: getattr(arguments, field.name) for field in fields(Options)}
    given = {name: value for name, value in given.items() if value is not None}
    saved = RunFolder(arguments.output).options()
    options = Options(**given) if saved is None else saved.changed(given)
    return Run(arguments.output, arguments.photographs, options, arguments.start, arguments.encoder, world)


def ran_in_processes(arguments: argparse.Namespace, module: str, words: Sequence[str]) -> bool:
    """Do all in several processes where that is quicker, each of which runs `module` with these words.

    Returns whether it did. Raises what `open_run` does, before there are any, or HueDotError where one of them fails.
    """
    if not is_alone() or arguments.processes == 1:
        return False
    run = open_run(arguments, World())
    count = arguments.processes or processes_for(run.options)
    run.options.check(count)
    if count > 1:
        run.try_photographs()
        start_processes(count, module, words)
    return count > 1


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m huedot.model.train", description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    try:
        if not ran_in_processes(arguments, "huedot.model.train", sys.argv[1:]):
            _run(arguments)
    except HueDotError as error:
        parser.exit(2, f"{error}\n")


def _run(arguments: argparse.Namespace) -> None:
    with joined() as world:
        logging.basicConfig(level=logging.INFO if world.leads else logging.ERROR, format="%(message)s")
        run = open_run(arguments, world)
        for text in _train(run) if arguments.measure is None else [line(measure(run, arguments.measure))]:
            logging.info(text)


def _train(run: Run) -> Iterator[str]:
    """Train to the end of the schedule; yields a line for each record."""
    left = 0.0

    def progress(step: int, seconds: float) -> None:
        nonlocal left
        left = seconds

    for record in run.train(progress):
        yield f"{line(record)}  {duration(left)} left"


def line(record: dict[str, float]) -> str:
    """Write a record of the run as a line of its log."""
    return "  ".join(f"{k} {v:.4g}" for k, v in record.items())


def duration(seconds: float) -> str:
    """Write how long something takes: 2 h 05 min, 3 min, 40 s."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


if __name__ == "__main__":
    main()
