"""Color a photograph from hints, with the daemon, which is started if none runs, or in this process."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from huedot.daemon.photographs import Photograph, check_writable, read_photograph, write_picture
from huedot.protocol.client import Client
from huedot.protocol.messages import Colorization

from .asking import Question, add_question, picture_of
from .options import share
from .terminal import complain, say, say_json, working


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_question(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="default: PHOTO-colored.png beside the photo")
    parser.add_argument("--histogram", type=Path, metavar="REF", help="a picture whose colors to take")
    parser.add_argument("--saturation", type=share, metavar="0..1", help="the mean saturation to aim at")


def run(arguments: argparse.Namespace) -> int:
    """Color, write the picture, and say where it is."""
    began = time.perf_counter()
    photo: Path = arguments.photo
    output: Path = arguments.output or photo.parent / f"{photo.stem}-colored.png"
    question = Question.of(arguments)
    check_writable(output, photo, *arguments.hints, *filter(None, [arguments.histogram]))
    hints = question.hints()._replace(saturation=arguments.saturation)
    reference = read_photograph(arguments.histogram) if arguments.histogram else None
    with working("coloring") as show, question.asked(show) as (client, image):
        if reference is not None:
            hints = hints._replace(histogram=histogram_of(client, reference))
        answer = client.colorize(image, hints, on_progress=show)
    write_picture(output, picture_of(answer), question.photograph)
    _report(arguments.json, output, answer, time.perf_counter() - began)
    return 0


def histogram_of(client: Client, reference: Photograph) -> str:
    """Give the client a picture whose colors to take; return the id of its histogram."""
    rgb, alpha = reference.rgb, reference.alpha
    pixels = rgb if alpha is None else np.dstack([rgb, alpha])
    height, width, channels = pixels.shape
    return str(client.histogram(pixels.tobytes(), width, height, channels).fields["histogram"])


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
