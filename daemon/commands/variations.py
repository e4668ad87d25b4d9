"""Make different colorizations that all respect the hints: each as a picture, and the dots that make it, as JSON.

Lay your own hints over the dots of one to get its picture again: colorize PHOTO --hints variation-2.json --hints HINTS.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from huedot.daemon.files import written
from huedot.daemon.files.hints import read_hints
from huedot.daemon.files.pictures import picture_of
from huedot.photographs import check_writable, write_picture
from huedot.protocol.errors import FileError
from huedot.protocol.paths import write_whole

from .asking import Inputs, add_inputs, complain_of_loss, files_of
from .options import add_force, whole
from .terminal import say, say_json, working

# Pixels of the previews, which are not looked at.
SIDE = 16


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_inputs(parser)
    parser.add_argument("-n", type=whole(1, 16), default=6, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="where they go")
    add_force(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask for the dots of each variation, color with them, and write both."""
    inputs = Inputs.of(arguments)
    paths = [arguments.output / f"variation-{i + 1}.png" for i in range(arguments.n)]
    _prepare(arguments.output, paths, files_of(arguments))
    if not arguments.force:
        for path in paths:
            written.check(path)
            written.check(path.with_suffix(".json"))
    rgb = inputs.photograph.rgb
    with working("looking for variations") as progress, inputs.opened(progress) as (client, image):
        hints = inputs.hints(client)
        found = client.variations(image, hints, arguments.n, SIDE).fields["variations"]
        # There may be fewer.
        for path, variation in zip(paths, found, strict=False):
            progress(f"coloring {path.name}", None)
            dots = path.with_suffix(".json")
            _write_dots(dots, variation["dots"])
            layer = read_hints(dots, rgb.shape[1], rgb.shape[0])
            answer = client.colorize(image, inputs.above(layer, hints))
            write_picture(path, picture_of(answer, inputs.photograph), inputs.photograph)
            written.note(path)
    complain_of_loss(inputs.photograph, paths[0])
    _report(arguments.json, paths[: len(found)])
    return 0


def _prepare(folder: Path, paths: Iterable[Path], inputs: list[Path]) -> None:
    """Make the folder, and raise FileError if it cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"The folder {folder} cannot be made: {error.strerror}.", "Choose another.") from error
    for path in paths:
        check_writable(path, *inputs)
        if path.with_suffix(".json").resolve() in (each.resolve() for each in inputs):
            raise FileError(f"{path.with_suffix('.json')} would be overwritten.", "Choose another folder.")


def _write_dots(path: Path, dots: Sequence[Mapping[str, Any]]) -> None:
    """Write dots as `--hints` reads them."""
    colors = [
        {"x": dot["x"], "y": dot["y"], "radius": dot["radius"], "color": "#" + bytes(dot["rgb"]).hex()} for dot in dots
    ]
    write_whole(path, json.dumps(colors, indent=1).encode())
    written.note(path)


def _report(as_json: bool, paths: list[Path]) -> None:
    pairs = [{"picture": str(path), "hints": str(path.with_suffix(".json"))} for path in paths]
    if as_json:
        say_json({"variations": pairs})
    else:
        say("\n".join(pair["picture"] for pair in pairs))
