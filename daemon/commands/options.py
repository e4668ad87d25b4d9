"""The arguments that several verbs share, checked as they are read."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Callable
from pathlib import Path


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_force(parser: argparse.ArgumentParser) -> None:
    """Declare `--force`."""
    parser.add_argument("--force", action="store_true", help="replace files that HueDot did not write, too")


def add_model(parser: argparse.ArgumentParser, usual: str | None = None) -> None:
    """Declare `--model`; without `usual`, its default is the daemon's."""
    help_text = "a model's name, or a file of weights (default: huedot)"
    parser.add_argument("--model", metavar="NAME|PATH", default=usual, help=help_text)


def model_of(arguments: argparse.Namespace) -> str | None:
    """Return the model asked for; a path is made absolute, for the daemon lives in a folder of its own."""
    name: str | None = arguments.model
    return str(Path(name).expanduser().absolute()) if name and (os.sep in name or Path(name).suffix) else name


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return the type of an option that takes a whole number from low to high."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"must be a whole number from {low} to {high}, not {text!r:.40}")
        return int(text)

    return read


def positive(text: str) -> int:
    """Read a whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, not {text!r:.40}")
    return int(text)


def names(text: str) -> list[str]:
    """Read names, or paths, with commas between them."""
    several = [each.strip() for each in text.split(",")]
    if not all(several) or len(set(several)) < len(several):
        raise argparse.ArgumentTypeError(f"must be different names with commas between them, not {text!r:.80}")
    return several


def counts(text: str) -> tuple[int, ...]:
    """Read whole numbers from 0 to 5000, with commas between them."""
    several = [whole(0, 5000)(each.strip()) for each in text.split(",")]
    return tuple(sorted(set(several)))


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    return _number(text, 0, 1)


def vividness(text: str) -> float:
    """Read a number from 0 to 3."""
    return _number(text, 0, 3)


def several_vividness(text: str) -> tuple[float, ...]:
    """Read numbers from 0 to 3, with commas between them."""
    return tuple(sorted({vividness(each.strip()) for each in text.split(",")}))


def seconds(text: str) -> float:
    """Read a number from 0 up."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"must be seconds, 0 or more, not {text!r:.40}")
    return value


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    # True for NaN, too.
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"must be a number from {low} to {high}, not {text!r:.40}")
    return value


def color(text: str) -> tuple[int, int, int]:
    """Read an sRGB color, #rrggbb."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise argparse.ArgumentTypeError(f"must be written #rrggbb, not {text!r:.40}")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def place(text: str) -> tuple[int, int]:
    """Read a pixel, X,Y."""
    x, comma, y = text.partition(",")
    if not (comma and x.strip().isdecimal() and y.strip().isdecimal()):
        raise argparse.ArgumentTypeError(f"must be X,Y in whole pixels from the upper left corner, not {text!r:.40}")
    return int(x), int(y)
