"""As much of color profiles (ICC) as palettes need: those that are three curves and a matrix, or one curve of gray."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from .colorimetry import D50

Curve = Callable[[float], float]
# From values of a color, 0..1, to its XYZ, 1 for a white that is D50.
ToXYZ = Callable[[Sequence[float]], list[float]]
# Where the list of a profile's parts begins, and how many may be in it.
PARTS, MOST_PARTS = 128, 100
# How many numbers each kind of parametric curve has.
PARAMETERS = (1, 3, 4, 5, 7)
# A profile with a table for its colors is not described by its matrix.
TABLES = b"A2B0", b"D2B0"


class UnknownProfile(Exception):
    """The profile is of another kind, or damaged."""


def to_xyz(profile: bytes) -> ToXYZ:
    """Return what makes XYZ of a color in the profile's space; raises UnknownProfile."""
    try:
        return _reader(_parts(profile), profile[16:20])
    except (struct.error, IndexError, KeyError) as error:
        raise UnknownProfile(f"it lacks {error}") from error


def _reader(parts: dict[bytes, bytes], space: bytes) -> ToXYZ:
    if any(table in parts for table in TABLES):
        raise UnknownProfile("it has tables")
    if space == b"GRAY":
        gray = _curve(parts[b"kTRC"])
        return lambda values: [each * gray(values[0]) for each in D50]
    if space != b"RGB ":
        raise UnknownProfile("it is neither for RGB nor for gray")
    columns = [_numbers(parts[name], ">3i", 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    curves = [_curve(parts[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]

    def xyz(values: Sequence[float]) -> list[float]:
        light = [curve(value) for curve, value in zip(curves, values, strict=True)]
        return [sum(share * column[i] for share, column in zip(light, columns, strict=True)) for i in range(3)]

    return xyz


def _parts(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, PARTS)
    if count > MOST_PARTS:
        raise UnknownProfile("it has too many parts")
    places = [struct.unpack_from(">4sII", profile, PARTS + 4 + 12 * i) for i in range(count)]
    return {name: profile[start : start + size] for name, start, size in places}


def _numbers(part: bytes, layout: str, start: int) -> list[float]:
    """Return numbers with 16 bits behind the point."""
    return [value / 65536 for value in struct.unpack_from(layout, part, start)]


def _curve(part: bytes) -> Curve:
    if part[:4] == b"para":
        (function,) = struct.unpack_from(">H", part, 8)
        return _parametric(function, _numbers(part, f">{PARAMETERS[function]}i", 12))
    if part[:4] != b"curv":
        raise UnknownProfile("it has an unknown curve")
    (count,) = struct.unpack_from(">I", part, 8)
    if count == 0:
        return lambda value: value
    table = struct.unpack_from(f">{count}H", part, 12)
    if count == 1:
        return lambda value: float(max(value, 0.0) ** (table[0] / 256))
    return lambda value: _between(table, min(max(value, 0.0), 1.0) * (count - 1)) / 65535


def _between(table: Sequence[int], place: float) -> float:
    below = min(int(place), len(table) - 2)
    return table[below] + (table[below + 1] - table[below]) * (place - below)


def _parametric(function: int, numbers: Sequence[float]) -> Curve:
    """Return a curve as section 10.18 of the ICC's specification numbers them."""
    if function == 0:
        numbers, function = [*numbers, 1.0, 0.0], 1
    gamma, a, b, *others = numbers
    if function < 3:
        c = others[0] if function == 2 else 0.0
        return lambda value: c + float(max(a * value + b, 0.0) ** gamma)
    c, d, e, f = [*others, 0.0, 0.0][:4]
    return lambda value: e + float(max(a * value + b, 0.0) ** gamma) if value >= d else c * value + f
