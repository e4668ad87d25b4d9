"""Color a photograph from hints, or a folder of photographs, with the daemon, which is started if none runs."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from huedot.daemon.files import written
from huedot.daemon.files.pictures import histogram_of, picture_of
from huedot.photographs import check_writable, read_photograph, write_picture
from huedot.protocol.messages import Colorization

from . import folder
from .asking import Inputs, add_inputs, complain_of_loss, files_of
from .options import add_force, share, vividness
from .terminal import complain, say, say_json, working


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_inputs(parser)
    out_help = "default: PHOTO-colored.png beside the photo; of a folder, another folder"
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help=out_help)
    parser.add_argument("--histogram", type=Path, metavar="REF", help="a picture whose colors to take")
    parser.add_argument("--saturation", type=share, metavar="0..1", help="the mean saturation to aim at")
    vividness_help = "times which the chroma is where no dot reaches (default: the network's own, 1.2)"
    parser.add_argument("--vividness", type=vividness, metavar="0..3", help=vividness_help)
    add_force(parser)
    folder.add_batch(parser)


def run(arguments: argparse.Namespace) -> int:
    """Color, write the picture, and say where it is."""
    if folder.is_meant(arguments):
        return folder.run(arguments)
    began = time.perf_counter()
    photo: Path = arguments.photo
    output: Path = arguments.output or photo.parent / f"{photo.stem}-colored.png"
    inputs = Inputs.of(arguments)
    check_writable(output, *files_of(arguments), *filter(None, [arguments.histogram]))
    if not arguments.force:
        written.check(output)
    reference = read_photograph(arguments.histogram) if arguments.histogram else None
    with working("coloring") as progress, inputs.opened(progress) as (client, image):
        hints = inputs.hints(client)._replace(saturation=arguments.saturation, vividness=arguments.vividness)
        if reference is not None:
            hints = hints._replace(histogram=histogram_of(client, reference))
        answer = client.colorize(image, hints, on_progress=progress)
    write_picture(output, picture_of(answer, inputs.photograph), inputs.photograph)
    written.note(output)
    complain_of_loss(inputs.photograph, output)
    _report(arguments.json, output, answer, time.perf_counter() - began)
    return 0


def _report(as_json: bool, output: Path, answer: Colorization, seconds: float) -> None:
    width, height = answer.area[2:]
    if as_json:
        say_json(
            {
                "output": str(output),
                "width": width,
                "height": height,
                "seconds": round(seconds, 3),
                "milliseconds": answer.milliseconds,
                "device": answer.device,
                "warnings": answer.warnings,
            }
        )
        return
    for warning in answer.warnings:
        complain(warning)
    say(f"{output} ({width} x {height}) in {seconds:.2f} s, {answer.milliseconds:.0f} ms of it on {answer.device}")
