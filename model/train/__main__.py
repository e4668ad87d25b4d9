"""python -m huedot.model.train: the training loop alone, where only torch, numpy, pillow and safetensors are."""

from __future__ import annotations

import argparse
import logging
from dataclasses import fields
from pathlib import Path

from .loop import Options, Run


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(prog="huedot train", description=__doc__)
    parser.add_argument("photographs", type=Path, help="a folder of photographs or tar shards")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/huedot"), help="the run's folder")
    parser.add_argument("--start", type=Path, help="weights to start from (.safetensors)")
    parser.add_argument("--encoder", type=Path, help="pretrained MobileNetV2 (.npz)")
    for field in fields(Options):
        name = "--" + field.name.replace("_", "-")
        parser.add_argument(name, type=type(field.default), default=field.default)
    arguments = vars(parser.parse_args())
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    places = {name: arguments.pop(name) for name in ("photographs", "output", "start", "encoder")}
    run = Run(places["output"], places["photographs"], Options(**arguments), places["start"], places["encoder"])
    for record in run.train():
        logging.info("  ".join(f"{k} {v:.4g}" for k, v in record.items()))


if __name__ == "__main__":
    main()
