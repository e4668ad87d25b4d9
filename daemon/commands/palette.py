"""Show the colors that the network holds likely at a place, given the hints, the likeliest first."""

from __future__ import annotations

import argparse

from rich.console import Console

from huedot.protocol.errors import ArgumentError

from . import swatches
from .asking import Inputs, add_inputs
from .options import place, whole
from .terminal import say_json, working


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_inputs(parser)
    parser.add_argument("--at", type=place, required=True, metavar="X,Y", help="the pixel, from the upper left corner")
    parser.add_argument("-k", type=whole(1, 32), default=9, metavar="K", help="how many colors (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Ask, and print the colors."""
    x, y = arguments.at
    inputs = Inputs.of(arguments)
    height, width = inputs.photograph.rgb.shape[:2]
    if x >= width or y >= height:
        raise ArgumentError("--at", f"{x},{y} lies outside the photograph.", f"It has {width} x {height} pixels.")
    with working("looking") as progress, inputs.opened(progress) as (client, image):
        answer = client.palette(image, x, y, inputs.hints(client), arguments.k).fields
    if arguments.json:
        say_json({"x": x, "y": y, "lightness": answer["lightness"], "colors": answer["colors"]})
    else:
        swatches.show(((tuple(c["rgb"]), c["probability"]) for c in answer["colors"]), Console())
    return 0
