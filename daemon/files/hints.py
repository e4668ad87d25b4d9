"""Hints as files: a transparent picture of the photograph's size, or a JSON list of dots."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huedot.photographs import Photograph, check_kind, read_photograph
from huedot.protocol.errors import ArgumentError, FileError
from huedot.protocol.painted import FAINTEST, OPAQUE
from huedot.protocol.palettes.library import Library

# Dots of a file, which are drawn on a layer: so the MAX_DOTS of a request do not bound them.
MOST_DOTS = 10_000
MAX_JSON_BYTES = 4 << 20
FIELDS = {"x", "y", "color", "radius"}


def read_hints(path: Path, width: int, height: int) -> NDArray[np.uint8]:
    """Read a hint layer, uint8 (height, width, 4), sRGB, not premultiplied.

    The file is a picture with transparency, of just this size, or JSON:
    `[{"x": 12, "y": 30, "color": "#c03020", "radius": 4}, …]` in the photograph's pixels, whose centers are the whole
    numbers from 0; the radius may be left out (1/200 of the diagonal, at least 3). Later dots lie above earlier ones.
    A color may also be a name of a palette's: "skin/III", or, of one's own, "Grandmother's coat".
    Raises FileError and ArgumentError, naming the file and the dot.
    """
    if path.suffix.lower() == ".json":
        return _draw(_dots(path), path, width, height)
    picture = _picture(path, "hints", width, height)
    if picture.alpha8 is None or picture.alpha8.min() >= OPAQUE:
        raise ArgumentError(
            "hints", f"{path} is nowhere transparent: every pixel would be a hint.", "Paint on a transparent layer."
        )
    return _not_empty(np.dstack([picture.rgb, picture.alpha8]), path)


def read_mask(path: Path, width: int, height: int) -> NDArray[np.uint8]:
    """Read a region's mask, uint8 (height, width), from 0 outside to 255 inside, from a picture of just this size.

    Where the picture is transparent anywhere, its alpha is the mask, and otherwise how light it is. Raises FileError
    and ArgumentError, naming the file.
    """
    picture = _picture(path, "region", width, height)
    alpha = picture.alpha8
    mask = alpha if alpha is not None and alpha.min() < OPAQUE else picture.rgb.mean(2).round().astype(np.uint8)
    if not mask.any():
        raise ArgumentError(
            "region", f"{path} is black: nothing is in the region.", "Make it white where the region is."
        )
    return mask


def _picture(path: Path, what: str, width: int, height: int) -> Photograph:
    """Read a picture of just this size."""
    picture = read_photograph(path)
    if picture.rgb.shape[:2] != (height, width):
        size = f"{picture.rgb.shape[1]} x {picture.rgb.shape[0]}"
        raise ArgumentError(what, f"{path} has {size} pixels, the photograph {width} x {height}.", "Make them equal.")
    return picture


def _not_empty(layer: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    """Return a layer; raises ArgumentError if nothing in it can be a hint."""
    if layer[..., 3].max() < FAINTEST:
        raise ArgumentError(
            "hints", f"{path} holds nothing that counts as a hint.", "Paint dots with more opacity, or leave it out."
        )
    return layer


def _dots(path: Path) -> list[Any]:
    check_kind(path)
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ArgumentError("hints", f"{path} is larger than {MAX_JSON_BYTES >> 20} MiB.", "Use a PNG instead.")
        dots = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise FileError(f"There is no file {path}.", "Check the path.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path} is not JSON ({error}).", 'Write [{"x": …, "y": …, "color": "#rrggbb"}, …].') from error
    if not isinstance(dots, list):
        raise ArgumentError("hints", f"{path} must hold a list of dots.", 'Write [{"x": …, "y": …, "color": …}, …].')
    if len(dots) > MOST_DOTS:
        raise ArgumentError("hints", f"{path} holds {len(dots)} dots; {MOST_DOTS} are allowed.", "Use a PNG instead.")
    return dots


def _draw(dots: list[Any], path: Path, width: int, height: int) -> NDArray[np.uint8]:
    layer = np.zeros((height, width, 4), np.uint8)
    colors = _Colors()
    usual = max(3.0, math.hypot(width, height) / 200)
    for i, dot in enumerate(dots):
        name = f"{path}, dot {i}"
        if not isinstance(dot, dict) or not {"x", "y", "color"} <= dot.keys() <= FIELDS:
            raise ArgumentError("hints", f"{name} must have x, y, color and, if wished, radius, and nothing else.")
        x = _number(dot["x"], f"{name}: x", 0, width, "the photograph")
        y = _number(dot["y"], f"{name}: y", 0, height, "the photograph")
        radius = _number(dot.get("radius", usual), f"{name}: radius", 0, max(width, height), "what makes sense")
        _disc(layer, x, y, radius, colors.read(dot["color"], name))
    return layer


def _disc(layer: NDArray[np.uint8], x: float, y: float, radius: float, rgb: tuple[int, int, int]) -> None:
    """Fill the pixels whose centers lie within the radius, and in any case the one nearest to (x, y)."""
    height, width = layer.shape[:2]
    top, bottom = max(0, math.ceil(y - radius)), min(height, math.floor(y + radius) + 1)
    left, right = max(0, math.ceil(x - radius)), min(width, math.floor(x + radius) + 1)
    rows, columns = np.ogrid[top:bottom, left:right]
    layer[top:bottom, left:right][(rows - y) ** 2 + (columns - x) ** 2 <= radius**2] = (*rgb, 255)
    layer[min(int(y + 0.5), height - 1), min(int(x + 0.5), width - 1)] = (*rgb, 255)


def _number(value: Any, name: str, low: float, high: float, where: str) -> float:
    # A whole number may be of any length: isfinite would overflow.
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (isinstance(value, float) and math.isfinite(value)):
        raise ArgumentError("hints", f"{name} must be a number, not {value!r:.40}.")
    if not low <= value < high:
        raise ArgumentError("hints", f"{name} = {value!s:.40} lies outside {where} ({low:g} to {high:g}).")
    return float(value)


class _Colors:
    """Reads the colors of dots; the palettes are read once, where there is a name."""

    def __init__(self) -> None:
        self._library: Library | None = None

    def read(self, value: Any, name: str) -> tuple[int, int, int]:
        if not isinstance(value, str) or not value or (value[0] == "#" and not re.fullmatch("#[0-9a-fA-F]{6}", value)):
            remedy = "Or write the name of a color: huedot palettes list."
            raise ArgumentError("hints", f'{name}: the color must be written "#rrggbb", not {value!r:.40}.', remedy)
        if value[0] == "#":
            return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)
        self._library = self._library or Library.read()
        try:
            return self._library.color(value).rgb
        except ArgumentError as error:
            raise ArgumentError("hints", f"{name}: {error.message.partition(': ')[2]}", error.remedy) from error
