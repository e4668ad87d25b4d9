"""Score a network on a folder of photographs: PSNR against the number of revealed points (the paper's Figure 6)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .options import add_json, add_model, model_of, positive
from .terminal import say, say_columns, say_json, working

if TYPE_CHECKING:
    from huedot.model.evaluate.figure6 import Scores


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of photographs in color")
    parser.add_argument("--limit", type=positive, metavar="N", help="use only the first N photographs, by name")
    add_model(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Score, and print a row for each amount of help."""
    from huedot.model.colorizer import Colorizer
    from huedot.model.evaluate import figure6

    with working("loading the network") as show:
        colorizer = Colorizer.load(model_of(arguments) or "huedot")
        scores = figure6.evaluate(
            colorizer,
            arguments.folder,
            arguments.limit,
            progress=lambda done, of: show(f"photograph {done} of {of}", done / of),
        )
    if arguments.json:
        say_json({"photographs": len(scores.photographs), "scores": scores.summary(), "chroma": _chroma(scores)})
    else:
        _show(scores)
    return 0


def _show(scores: Scores) -> None:
    rows = [
        (heading, f"{row['psnr']:.2f}", f"{row['standard_error']:.2f}", f"{row['gain_over_gray']:+.2f}")
        for heading, row in scores.summary().items()
    ]
    say_columns([("revealed", "PSNR (dB)", "std. error", "over gray"), *rows])
    chroma = ", ".join(f"{name} {value:.1f}" for name, value in _chroma(scores).items())
    say(f"\n{len(scores.photographs)} photographs at 256 x 256; mean chroma: {chroma}")


def _chroma(scores: Scores) -> dict[str, float]:
    return {name: sum(values) / len(values) for name, values in scores.chroma.items()}
