"""What may be asked, and the checks of it: section 5 of docs/protocol.md as a table.

The daemon runs `parse_request` on every request; whether a place lies inside its image only the daemon can tell.
"""

from __future__ import annotations

import hashlib
import math
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .errors import ArgumentError, BadRequest, TooLarge
from .wire import MAX_ID, MAX_IMAGE_PIXELS, NONCE_BYTES, Buffer, Header, flat, minor_of

MAX_DOTS = 1024
MAX_REGIONS = 64
# Rectangles of a painted layer.
MAX_PARTS = 4096
MAX_RADIUS = 256.0  # pixels
DEFAULT_RADIUS = 3.0
COMMON = ("id", "seq", "frames", "op")

Check = Callable[[str, Any], None]
Rectangle = tuple[int, int, int, int]  # x, y, width, height


class Request(NamedTuple):
    """A request that keeps to the protocol: every parameter of its operation is there, given or default."""

    id: str
    op: str
    parameters: dict[str, Any]
    frames: list[memoryview]


class Operation(NamedTuple):
    """The parameters of an operation, those that must be given and those with a default, and its frames' lengths."""

    required: Mapping[str, Check] = {}
    optional: Mapping[str, tuple[Check, Any]] = {}
    frame_bytes: Callable[[Mapping[str, Any]], list[int]] = lambda parameters: []


def parse_request(header: Header, frames: Sequence[memoryview]) -> Request:
    """Check a request; raises BadRequest, ArgumentError (it names the parameter) or TooLarge."""
    identity = header.get("id")
    if not isinstance(identity, str) or not 0 < len(identity) <= MAX_ID:
        raise BadRequest(f"`id` must be a string of 1 to {MAX_ID} characters.")
    op = header.get("op")
    operation = OPERATIONS.get(op) if isinstance(op, str) else None
    if not isinstance(op, str) or operation is None:
        raise BadRequest(f"There is no operation {op!r:.80}.", f"Operations: {', '.join(OPERATIONS)}.")
    given = {name: value for name, value in header.items() if name not in COMMON}
    parameters = _parameters(op, operation, given)
    expected = operation.frame_bytes(parameters)
    if expected != [len(frame) for frame in frames]:
        came = sum(len(frame) for frame in frames)
        raise BadRequest(f"`{op}` comes with {came} values of pixels, where its sizes make {sum(expected)}.")
    return Request(identity, op, parameters, list(frames))


def _parameters(op: str, operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    known = [*operation.required, *operation.optional]
    for name in given:
        if name not in known:
            raise BadRequest(f"`{op}` has no parameter {name!r:.80}.", f"It has: {', '.join(known) or 'none'}.")
    for name in operation.required:
        if name not in given:
            raise BadRequest(f"`{op}` needs the parameter `{name}`.")
    checks = {**operation.required, **{name: check for name, (check, _) in operation.optional.items()}}
    for name, value in given.items():
        checks[name](name, value)
    return {**{name: default for name, (_, default) in operation.optional.items()}, **given}


def whole(low: int, high: int) -> Check:
    """Return a check for an int from low to high."""

    def check(name: str, value: object) -> None:
        if type(value) is not int or not low <= value <= high:
            raise ArgumentError(name, f"must be a whole number from {low} to {high}, not {value!r:.40}.")

    return check


def number(low: float, high: float) -> Check:
    """Return a check for a finite number from low to high."""

    def check(name: str, value: object) -> None:
        if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:  # type: ignore[arg-type,operator]
            raise ArgumentError(name, f"must be a number from {low:g} to {high:g}, not {value!r:.40}.")

    return check


def text(longest: int) -> Check:
    """Return a check for a string of 1 to `longest` characters."""

    def check(name: str, value: object) -> None:
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            raise ArgumentError(name, f"must be a string of 1 to {longest} characters.")

    return check


def digest(name: str, value: object) -> None:
    """Check the id of an image, a histogram or a mask."""
    if not isinstance(value, str) or len(value) != 64 or not set(value) <= set(string.digits + "abcdef"):
        raise ArgumentError(name, "must be 64 lower-case hexadecimal digits.")


def _nonce(name: str, value: object) -> None:
    if not isinstance(value, bytes) or len(value) != NONCE_BYTES:
        raise ArgumentError(name, f"must be {NONCE_BYTES} random characters.")


def _one_of(*allowed: int) -> Check:
    def check(name: str, value: object) -> None:
        if type(value) is not int or value not in allowed:
            raise ArgumentError(name, f"must be one of {allowed}, not {value!r:.40}.")

    return check


def _tuple_of(*checks: Check) -> Check:
    def check(name: str, value: object) -> None:
        if not isinstance(value, (list, tuple)) or len(value) != len(checks):
            raise ArgumentError(name, f"must be a list of {len(checks)}.")
        for i, (item, check_item) in enumerate(zip(value, checks)):  # noqa: B905 - their lengths are equal
            check_item(f"{name}[{i}]", item)

    return check


_side = whole(1, MAX_IMAGE_PIXELS)
_place = whole(0, MAX_IMAGE_PIXELS)
_rectangle = _tuple_of(_place, _place, _side, _side)
_dot_fields: dict[str, Check] = {
    "x": _place,
    "y": _place,
    "radius": number(0, MAX_RADIUS),
    "ab": _tuple_of(*[number(-128, 128)] * 2),
    "rgb": _tuple_of(*[whole(0, 255)] * 3),
}


def _parts(name: str, value: object) -> None:
    if not isinstance(value, (list, tuple)):
        raise ArgumentError(name, "must be a list of rectangles.")
    if len(value) > MAX_PARTS:
        what = f"{name}: the painted places, {len(value)}, are more than {MAX_PARTS}."
        raise TooLarge(what, "Join some of them, or erase what is not needed.")
    for i, part in enumerate(value):
        _rectangle(f"{name}[{i}]", part)


def _list_of(check_item: Check, items: str, most: int, remedy: str) -> Check:
    """Return a check for a list of at most so many items, each of which is checked."""

    def check(name: str, value: object) -> None:
        if not isinstance(value, (list, tuple)):
            raise ArgumentError(name, "must be a list.")
        if len(value) > most:
            raise TooLarge(f"{name}: {len(value)} {items} are more than {most}.", remedy)
        for i, item in enumerate(value):
            check_item(f"{name}[{i}]", item)

    return check


def _dot(name: str, dot: object) -> None:
    if not isinstance(dot, dict) or set(dot) - {"radius"} not in ({"x", "y", "ab"}, {"x", "y", "rgb"}):
        raise ArgumentError(name, "must be a map of x, y, ab or rgb, and, if wished, radius.")
    for field, value in dot.items():
        _dot_fields[field](f"{name}.{field}", value)


def _region(name: str, region: object) -> None:
    if not isinstance(region, dict) or set(region) != set(_region_fields):
        raise ArgumentError(name, f"must be a map of {', '.join(_region_fields)}.")
    for field, value in region.items():
        _region_fields[field](f"{name}.{field}", value)


_dots = _list_of(_dot, "dots", MAX_DOTS, "Paint them on a layer instead.")
_regions = _list_of(_region, "regions", MAX_REGIONS, "Join some of them.")
_region_fields: dict[str, Check] = {"mask": digest, "area": _rectangle, "layer": _parts, "dots": _dots}


def check_size(width: int, height: int) -> None:
    """Raise TooLarge for an image that is beyond the limit: before its pixels are read, hashed or sent."""
    if width * height > MAX_IMAGE_PIXELS:
        size, most = f"{width} x {height} pixels", f"{MAX_IMAGE_PIXELS / 1e6:.0f} million"
        raise TooLarge(f"The image, {size}, is larger than the {most} that can be colored.", "Reduce it first.")


def _image_bytes(parameters: Mapping[str, Any]) -> list[int]:
    check_size(parameters["width"], parameters["height"])
    # A mask has one.
    return [parameters["width"] * parameters["height"] * parameters.get("channels", 1)]


def _layer_bytes(parameters: Mapping[str, Any]) -> list[int]:
    """One frame for each layer on which something is painted: that of all the image, then those of the regions."""
    layers = [parameters["layer"], *(region["layer"] for region in parameters["regions"])]
    return [sum(width * height for _, _, width, height in layer) * 4 for layer in layers if layer]


# A name, or the path of a weights file.
_MODEL: dict[str, tuple[Check, Any]] = {"model": (text(4096), None)}
_HINTS: dict[str, tuple[Check, Any]] = {
    **_MODEL,
    "layer": (_parts, []),
    "dots": (_dots, []),
    "regions": (_regions, []),
    "histogram": (digest, None),
    "saturation": (number(0, 1), None),
    "vividness": (number(0, 3), None),
}
# The minor of the protocol from which on a parameter is known.
SINCE = {"vividness": 1, "regions": 2}
_PIXELS: dict[str, Check] = {"width": _side, "height": _side, "channels": _one_of(1, 3, 4)}

OPERATIONS: dict[str, Operation] = {
    "hello": Operation({"protocol": text(16), "app": text(64), "app_version": text(64), "nonce": _nonce}),
    "open_image": Operation({"image": digest, **_PIXELS}, _MODEL, _image_bytes),
    "colorize": Operation(
        {"image": digest},
        {**_HINTS, "region": (_rectangle, None), "since": (text(MAX_ID), None), "key": (text(128), None)},
        _layer_bytes,
    ),
    "palette": Operation({"image": digest, "x": _place, "y": _place}, {**_HINTS, "k": (whole(1, 32), 9)}, _layer_bytes),
    "gamut": Operation({"lightness": number(0, 100)}, {"size": (whole(16, 1024), 256)}),
    "suggest": Operation({"image": digest}, {**_HINTS, "n": (whole(1, 16), 1)}, _layer_bytes),
    "variations": Operation(
        {"image": digest}, {**_HINTS, "n": (whole(1, 16), 4), "side": (whole(16, 2048), 512)}, _layer_bytes
    ),
    "histogram": Operation({"histogram": digest, **_PIXELS, "channels": _one_of(3, 4)}, {}, _image_bytes),
    "mask": Operation({"mask": digest, "width": _side, "height": _side}, {}, _image_bytes),
    "status": Operation(),
    "cancel": Operation({"target": text(MAX_ID)}),
    "close_image": Operation({"image": digest}),
    "ping": Operation(),
    "shutdown": Operation(),
}


def knows_regions(protocol: object) -> bool:
    """Whether a daemon of this version of the protocol, "major.minor", knows regions."""
    return minor_of(protocol) >= SINCE["regions"]


def image_id(pixels: Buffer, width: int, height: int, channels: int) -> str:
    """Return the id of an image, a reference or a mask: SHA-256 over "WxHxC:" and its pixels, uint8, row-major."""
    state = hashlib.sha256(f"{width}x{height}x{channels}:".encode())
    state.update(flat(pixels))
    return state.hexdigest()


class Reply(NamedTuple):
    """A reply as it came: its request's id, its kind, its other fields, its frames."""

    id: str
    kind: str
    fields: Header
    frames: list[memoryview]


def parse_reply(header: Header, frames: list[memoryview]) -> Reply:
    """Check what every reply has; raises BadRequest."""
    identity, kind = header.get("id"), header.get("kind")
    if not isinstance(identity, str) or kind not in ("result", "error", "superseded", "progress"):
        raise BadRequest("The daemon's reply has no id, or is of no known kind.", "Update HueDot and its plugins.")
    return Reply(identity, kind, header, frames)


class Region(NamedTuple):
    """A part of the image with hints of its own, which color it alone.

    mask: id that `Client.mask` returned; area: where in the image it lies, outside which nothing is in the region.
    layer, pixels, dots: as in `Hints`.
    """

    mask: str
    area: Rectangle
    layer: Sequence[Rectangle] = ()
    pixels: Buffer = b""
    dots: Sequence[Mapping[str, Any]] = ()

    def parameters(self) -> dict[str, Any]:
        """Return the fields as they travel."""
        return {"mask": self.mask, "area": list(self.area), "layer": list(self.layer), "dots": list(self.dots)}


class Hints(NamedTuple):
    """What the user wants, as `colorize`, `palette`, `suggest` and `variations` take it.

    layer: the parts of the image that `pixels` covers one after the other, RGBA uint8 row-major, not premultiplied.
    dots: maps {x, y, ab or rgb, radius}; they lie above the layer.
    regions: parts of the image that these do not reach, a later one above an earlier one.
    histogram: id that `Client.histogram` returned; saturation: 0..1; vividness: 0..3, the network's own without it.
    """

    layer: Sequence[Rectangle] = ()
    pixels: Buffer = b""
    dots: Sequence[Mapping[str, Any]] = ()
    histogram: str | None = None
    saturation: float | None = None
    vividness: float | None = None
    model: str | None = None
    regions: Sequence[Region] = ()

    def parameters(self) -> dict[str, Any]:
        """Return the request's fields; None stands for one that is left out."""
        fields = self._asdict()
        del fields["pixels"]
        regions = [region.parameters() for region in self.regions]
        return {**fields, "layer": list(self.layer), "dots": list(self.dots), "regions": regions}

    def frames(self) -> list[Buffer]:
        """Return the request's frames."""
        return [*([self.pixels] if self.layer else []), *(each.pixels for each in self.regions if each.layer)]


class Tile(NamedTuple):
    """A rectangle of a result: RGB uint8, row-major."""

    x: int
    y: int
    width: int
    height: int
    pixels: memoryview


class Colorization(NamedTuple):
    """An answer to `colorize`: lay the tiles over the result `base`; where that is None, they are all of it."""

    result: str
    area: Rectangle
    base: str | None
    tiles: list[Tile]
    device: str
    milliseconds: float
    warnings: list[str]


def parse_colorization(reply: Reply) -> Colorization:
    """Check an answer to `colorize`, so that a lying length is seen before its pixels are used; raises BadRequest."""
    fields = reply.fields
    try:
        area = (fields["x"], fields["y"], fields["width"], fields["height"])
        _rectangle("area", area)
        if fields["channels"] != 3 or len(fields["tiles"]) != len(reply.frames):
            raise BadRequest("The daemon's answer is not whole.", "Restart it: huedot restart.")
        tiles = [_tile(rectangle, frame, area) for rectangle, frame in zip(fields["tiles"], reply.frames)]  # noqa: B905
        base, device, warnings = fields["base"], str(fields["device"]), list(fields["warnings"])
        return Colorization(fields["result"], area, base, tiles, device, fields["milliseconds"], warnings)
    except (KeyError, TypeError, ArgumentError) as error:
        raise BadRequest(f"The daemon's answer lacks something: {error}.", "Update HueDot and its plugins.") from error


def _tile(rectangle: Any, frame: memoryview, area: Rectangle) -> Tile:
    _rectangle("tile", rectangle)
    x, y, width, height = rectangle
    if x < area[0] or y < area[1] or x + width > area[0] + area[2] or y + height > area[1] + area[3]:
        raise ArgumentError("tile", "reaches beyond the area.")
    if len(frame) != width * height * 3:
        raise ArgumentError("tile", f"has not as many pixels as its sides say, {width} x {height}.")
    return Tile(x, y, width, height, frame)
