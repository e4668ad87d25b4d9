"""Score networks and baselines on photographs: PSNR against the number of revealed points (the paper's Figure 6)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huedot.protocol.errors import FileError

from .options import add_model, counts, model_of, names, positive
from .terminal import say, say_columns, say_json, working

if TYPE_CHECKING:
    from huedot.model.evaluate.figure6 import Scores

STDOUT = Path("-")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of photographs in color, or one photograph")
    parser.add_argument("--limit", type=positive, metavar="N", help="use only the first N photographs, by name")
    add_model(parser)
    parser.add_argument("--models", type=names, metavar="A,B", help="several, instead of --model")
    parser.add_argument("--baselines", type=names, default=[], metavar="A,B", help="of levin, bilateral; beside them")
    parser.add_argument("--points", type=counts, metavar="N,N", help="how many to reveal (default: 0,1,2,5 … 501)")
    protocols = "patches of 6 x 6 pixels around the center, or of 7 x 7 anywhere (default: A)"
    parser.add_argument("--protocol", choices=("A", "B"), default="A", help=protocols)
    samplings = "places at random, or one after the other where the method errs most (default: random)"
    parser.add_argument("--sampling", choices=("random", "max-error"), default="random", help=samplings)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the gains over gray, as .png or .svg")
    json_help = "print JSON, for programs; or write it into FILE, beside the table"
    parser.add_argument("--json", type=Path, nargs="?", const=STDOUT, metavar="FILE", help=json_help)


def run(arguments: argparse.Namespace) -> int:
    """Score, and print a row for each amount of help."""
    from huedot.model.evaluate import figure6, methods, photographs, plot

    if arguments.plot:
        plot.check(arguments.plot)
    plan = figure6.Plan(arguments.points or figure6.POINTS, arguments.protocol, arguments.sampling)
    baselines = methods.baselines(arguments.baselines)
    paths = photographs.find(arguments.folder, arguments.limit)
    with working("loading the network") as show:
        networks = methods.networks(arguments.models or [model_of(arguments) or "huedot"])
        scores = figure6.evaluate(
            [*networks, *baselines],
            paths,
            plan,
            progress=lambda done, of: show(f"photograph {done} of {of}", done / of),
        )
    _answer(arguments, len(paths), scores)
    if arguments.plot:
        caption = f"{len(paths)} photographs, protocol {plan.protocol}, {plan.sampling} points"
        summaries = {name: each.summary() for name, each in scores.items()}
        plot.draw(summaries, arguments.plot, caption, published=plan.sampling == "random")
    return 0


def _answer(arguments: argparse.Namespace, photographs: int, scores: Mapping[str, Scores]) -> None:
    name, first = next(iter(scores.items()))
    answer: dict[str, Any] = {
        "photographs": photographs,
        "protocol": arguments.protocol,
        "sampling": arguments.sampling,
        "method": name,
        "scores": first.summary(),
        "chroma": first.mean_chroma(),
        "others": {
            other: {"scores": each.summary(), "chroma": each.mean_chroma()}
            for other, each in scores.items()
            if other != name
        },
    }
    if arguments.json == STDOUT:
        say_json(answer)
        return
    if arguments.json:
        _write(arguments.json, answer)
    for name, each in scores.items():
        if len(scores) > 1:
            say(f"{name}:")
        _show(each)
    say(f"\n{photographs} photographs at 256 x 256")


def _write(path: Path, answer: object) -> None:
    try:
        path.write_text(json.dumps(answer, indent=2, allow_nan=False) + "\n")
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error}.", "Name another file.") from error


def _show(scores: Scores) -> None:
    rows = [
        (heading, f"{row['psnr']:.2f}", f"{row['standard_error']:.2f}", f"{row['gain_over_gray']:+.2f}")
        for heading, row in scores.summary().items()
    ]
    say_columns([("revealed", "PSNR (dB)", "std. error", "over gray"), *rows])
    say("\nmean chroma: " + ", ".join(f"{name} {value:.1f}" for name, value in scores.mean_chroma().items()) + "\n")
