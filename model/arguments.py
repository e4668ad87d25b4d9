"""Checks of what the public API is given: each refuses with an ArgumentError that names the argument."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huedot.protocol.errors import ArgumentError

from .grid import Rectangle
from .regions import Mask
from .vividness import MOST

SMALLEST = 8  # pixels on a side


def picture(name: str, value: object, deep: bool = False) -> Any:
    """Return value as uint8 (H, W, 3) sRGB; (H, W) is taken for gray. deep: it may be uint16, and then stays so."""
    if not isinstance(value, np.ndarray):
        raise ArgumentError(name, f"must be a numpy array, not {type(value).__name__}.")
    if value.dtype != np.uint8 and not (deep and value.dtype == np.uint16):
        kinds, most = ("uint8 or uint16", "0..255 or 0..65535") if deep else ("uint8", "0..255")
        raise ArgumentError(name, f"must have dtype {kinds}, not {value.dtype}.", f"Scale it to {most} first.")
    if value.ndim == 2:
        value = np.repeat(value[..., None], 3, axis=2)
    if value.ndim != 3 or value.shape[2] != 3:
        raise ArgumentError(name, f"must have the shape (H, W, 3) or (H, W), not {value.shape}.")
    if min(value.shape[:2]) < SMALLEST:
        size = f"{value.shape[1]} x {value.shape[0]}"
        raise ArgumentError(name, f"must be at least {SMALLEST} x {SMALLEST} pixels, not {size}.")
    return np.asarray(value)


def levels(name: str, value: Any) -> np.dtype[Any]:
    """Return value, which must be np.uint8 or np.uint16, as a dtype."""
    if value not in (np.uint8, np.uint16):
        raise ArgumentError(name, f"must be np.uint8 or np.uint16, not {value}.")
    return np.dtype(value)


def hint_layer(name: str, value: object, height: int, width: int) -> NDArray[np.uint8]:
    """Return value, which must be uint8 (height, width, 4)."""
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8:
        kind = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
        raise ArgumentError(name, f"must be a numpy array of dtype uint8, not {kind}.")
    if value.shape != (height, width, 4):
        raise ArgumentError(name, f"must have the photograph's shape ({height}, {width}, 4), not {value.shape}.")
    return value


def mask(name: str, value: object, height: int, width: int) -> Mask:
    """Return value, a Mask inside the photograph or uint8 (height, width), as a Mask."""
    if isinstance(value, Mask):
        area(name, value.area, height, width, least=0)
        return value
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or value.shape != (height, width):
        raise ArgumentError(name, f"must have a mask of dtype uint8 and the photograph's shape ({height}, {width}).")
    return Mask.of(value)


def number(name: str, value: object, low: float, high: float) -> float:
    """Return value as a float between low and high, both included."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ArgumentError(name, f"must be a number, not {type(value).__name__}.")
    if not math.isfinite(value) or not low <= value <= high:
        raise ArgumentError(name, f"must be between {low:g} and {high:g}, not {value}.")
    return float(value)


def vividness(value: object) -> float | None:
    """Return value as a float from 0 to MOST; None stays None, the network's own."""
    return None if value is None else number("vividness", value, 0, MOST)


def whole(name: str, value: object, low: int, high: int) -> int:
    """Return value as an int between low and high, both included."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ArgumentError(name, f"must be a whole number, not {value!r}.")
    if not low <= value <= high:
        raise ArgumentError(name, f"must be between {low} and {high}, not {value}.")
    return int(value)


def area(name: str, value: Rectangle | None, height: int, width: int, least: int = 1) -> Rectangle:
    """Return value, a part (x, y, width, height) of a photograph of this size; all of it for None.

    least: pixels on a side.
    """
    x, y, w, h = part = value or (0, 0, width, height)
    if not (x >= 0 and y >= 0 and w >= least and h >= least and x + w <= width and y + h <= height):
        raise ArgumentError(name, f"{value} is not a part of the photograph, which has {width} x {height} pixels.")
    return part
