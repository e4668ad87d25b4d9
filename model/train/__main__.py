"""python -m huedot.model.train: the training loop alone, where only torch, numpy, pillow and safetensors are."""

from __future__ import annotations

import argparse
import logging
from dataclasses import fields
from pathlib import Path

from .loop import Options, Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what a training run takes: its files, and every field of `Options` as an option of that name."""
    parser.add_argument("photographs", type=Path, help="a folder of photographs or tar shards")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/huedot"), help="the run's folder")
    parser.add_argument("--start", type=Path, help="weights to start from (.safetensors)")
    parser.add_argument("--encoder", type=Path, help="pretrained MobileNetV2 (.npz)")
    for field in fields(Options):
        name = "--" + field.name.replace("_", "-")
        parser.add_argument(name, type=type(field.default), default=field.default, help="default: %(default)s")


def open_run(arguments: argparse.Namespace) -> Run:
    """Return the run that the arguments ask for: a new one, or that of the folder, resumed. Raises FileError."""
    options = Options(**{field.name: getattr(arguments, field.name) for field in fields(Options)})
    return Run(arguments.output, arguments.photographs, options, arguments.start, arguments.encoder)


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m huedot.model.train", description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for record in open_run(arguments).train():
        logging.info(line(record))


def line(record: dict[str, float]) -> str:
    """Write a record of the run as a line of its log."""
    return "  ".join(f"{k} {v:.4g}" for k, v in record.items())


if __name__ == "__main__":
    main()
