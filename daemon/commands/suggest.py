"""Show where a dot would help most, given the hints, the most useful place first."""

from __future__ import annotations

import argparse

from .asking import Inputs, add_inputs
from .options import whole
from .terminal import say_columns, say_json, working


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_inputs(parser)
    parser.add_argument("-n", type=whole(1, 16), default=5, metavar="N", help="how many places (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Ask, and print the places."""
    inputs = Inputs.of(arguments)
    with working("looking") as progress, inputs.opened(progress) as (client, image):
        places = client.suggest(image, inputs.hints(client), arguments.n).fields["places"]
    if arguments.json:
        say_json({"places": places})
    else:
        rows = [(f"{p['x']},{p['y']}", f"{p['uncertainty']:.2f}") for p in places]
        say_columns([("place", "uncertainty"), *rows])
    return 0
