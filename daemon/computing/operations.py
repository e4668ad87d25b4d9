"""What each operation of the protocol does: requests in, fields and frames out. It knows nothing of sockets."""

from __future__ import annotations

import gc
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from huedot.model import Colorizer, Dot, Hints, Mask, Photo, Reference, Region, color, gamut
from huedot.model.paint import Paint, join
from huedot.protocol.client import Progress
from huedot.protocol.errors import ArgumentError, BadRequest, is_memory_gone, out_of_memory
from huedot.protocol.messages import DEFAULT_RADIUS, Rectangle, Request, image_id
from huedot.protocol.wire import Buffer
from huedot.weights import files

from .cache import HeldMask, PhotoCache
from .exchange import Answer

# Networks beside the default one.
MAX_OTHERS = 2
log = logging.getLogger(__name__)


class Operations:
    """The networks, loaded when first asked for, and the photographs opened with them. For one thread."""

    def __init__(self, model: str = "huedot", device: str = "auto", cache_bytes: int = 2 << 30) -> None:
        """Prepare to serve `model` by default, on `device`; loads nothing yet."""
        self.model, self.device_wanted = model, device
        self.cache = PhotoCache(cache_bytes)
        self._colorizers: OrderedDict[str, Colorizer] = OrderedDict()

    @property
    def device(self) -> str:
        """Where the default network runs, for people; what was asked for, before it is loaded."""
        loaded = self._colorizers.get(self.model)
        return str(loaded.device) if loaded else self.device_wanted

    def answer(self, request: Request, progress: Progress) -> Answer:
        """Do what a request asks; raises HueDotError. `progress` is told of slow stages; it may raise, to stop them."""
        operation: Callable[[Request, Progress], Answer] = getattr(self, f"_{request.op}")
        try:
            return operation(request, progress)
        except (MemoryError, RuntimeError, OSError) as error:
            if not is_memory_gone(error):
                raise
            raise out_of_memory() from error

    def warm_up(self) -> None:
        """Load the default network and use it once, so that the first dot is as quick as the tenth."""
        photo = self._colorizer(self.model, lambda stage, fraction: None).open(np.full((256, 256), 128, np.uint8))
        photo.palette(128, 128, Hints.from_dots([Dot(128, 128, 3, (20.0, 20.0))], (256, 256)))
        photo.colorize()

    def unload(self) -> None:
        """Free the networks and the photographs; the next request loads again."""
        if self._colorizers:
            log.info("idle: the network is unloaded")
        self._colorizers.clear()
        self.cache.clear()
        gc.collect()

    def _key(self, model: str | None) -> str:
        """Name a network: the default one, or a file as it is now, however its path is spelled."""
        if not model or model == self.model:
            return self.model
        path = files.find(model).resolve()
        try:
            found = path.stat()
        except OSError:
            # Who reads it says why.
            return str(path)
        return f"{path}, {found.st_size} bytes of {found.st_mtime_ns}"

    def _colorizer(self, model: str | None, progress: Progress) -> Colorizer:
        key = self._key(model)
        if key not in self._colorizers:
            progress("loading the network", None)
            began = time.monotonic()
            colorizer = Colorizer.load(model or self.model, self.device_wanted)
            self._make_room()
            self._colorizers[key] = colorizer
            log.info("loaded %s on %s in %.1f s", model or self.model, colorizer.device, time.monotonic() - began)
        self._colorizers.move_to_end(key)
        return self._colorizers[key]

    def _make_room(self) -> None:
        """Drop the networks used least recently, but never the default one, and their photographs."""
        others = [key for key in self._colorizers if key != self.model]
        for key in others[: max(0, len(others) + 1 - MAX_OTHERS)]:
            del self._colorizers[key]
            self.cache.drop_model(key)

    def _open_image(self, request: Request, progress: Progress) -> Answer:
        given = request.parameters
        key = self._key(given["model"])
        if (given["image"], key) not in self.cache:
            pixels = _checked_pixels(request, "image")
            colorizer = self._colorizer(given["model"], progress)
            progress("reading the photograph", None)
            rgb = pixels[..., 0] if given["channels"] == 1 else pixels[..., :3]
            self.cache.add(given["image"], key, colorizer.open(np.ascontiguousarray(rgb)))
        return Answer({"image": given["image"]})

    def _colorize(self, request: Request, progress: Progress) -> Answer:
        began = time.perf_counter()
        photo, hints, extra, faint = self._inputs(request)
        given = request.parameters
        key = given["image"], self._key(given["model"])
        x, y, width, height = area = tuple(given["region"] or (0, 0, photo.width, photo.height))
        refresh = photo.refresh(
            hints,
            **extra,
            area=area,
            since=self.cache.shown(*key, given["since"]),
            progress=lambda fraction: progress("coloring", fraction),
        )
        result = secrets.token_hex(8)
        self.cache.remember(*key, result, refresh.shown)
        colorizer = self._colorizer(given["model"], progress)
        fields = {
            "result": result,
            "image": given["image"],
            **{"x": x, "y": y, "width": width, "height": height, "channels": 3},
            "base": None if refresh.complete else given["since"],
            "tiles": [tile for tile, _ in refresh.tiles],
            "device": str(colorizer.device),
            "milliseconds": (time.perf_counter() - began) * 1000,
            "warnings": list(_warnings(colorizer, photo, hints, extra, faint)),
        }
        return Answer(fields, [picture.data for _, picture in refresh.tiles])

    def _palette(self, request: Request, progress: Progress) -> Answer:
        photo, hints, extra, _ = self._inputs(request)
        x, y = request.parameters["x"], request.parameters["y"]
        colors = photo.palette(x, y, hints, request.parameters["k"], **extra)
        ab = _ab([rgb for rgb, _ in colors])
        return Answer(
            {
                "lightness": float(photo.lightness[y, x]),
                "colors": [
                    {"ab": each, "rgb": rgb, "probability": probability}
                    for each, (rgb, probability) in zip(ab, colors, strict=True)
                ],
            }
        )

    def _suggest(self, request: Request, progress: Progress) -> Answer:
        photo, hints, extra, _ = self._inputs(request)
        places = photo.suggest_places(hints, request.parameters["n"], extra["regions"])
        return Answer({"places": [place._asdict() for place in places]})

    def _variations(self, request: Request, progress: Progress) -> Answer:
        photo, hints, extra, _ = self._inputs(request)
        count, regions = request.parameters["n"], extra["regions"]
        found = photo.variation_dots(hints, count, lambda fraction: progress("trying colors", fraction), regions)
        previews = []
        for i, dots in enumerate(found):
            progress("coloring previews", i / len(found))
            painted = Hints.from_dots(dots, (photo.height, photo.width)).plus(hints)
            wishes = request.parameters["side"], request.parameters["vividness"]
            previews.append(photo.preview(painted, *wishes, regions=regions))
        height, width = previews[0].shape[:2]
        variations = [{"dots": [_dot_fields(dot, photo) for dot in dots]} for dots in found]
        frames: list[Buffer] = [np.ascontiguousarray(preview).data for preview in previews]
        return Answer({"width": width, "height": height, "variations": variations}, frames)

    def _gamut(self, request: Request, progress: Progress) -> Answer:
        size = request.parameters["size"]
        picture = gamut.picture(request.parameters["lightness"], size)
        extent = [-gamut.EXTENT, gamut.EXTENT] * 2
        return Answer({"size": size, "extent": extent}, [np.ascontiguousarray(picture).data])

    def _histogram(self, request: Request, progress: Progress) -> Answer:
        pixels = _checked_pixels(request, "histogram")
        alpha = pixels[..., 3] if pixels.shape[2] == 4 else None
        reference = Reference.of(np.ascontiguousarray(pixels[..., :3]), alpha)
        identity = request.parameters["histogram"]
        self.cache.add_reference(identity, reference)
        return Answer({"histogram": identity, "saturation": reference.saturation})

    def _mask(self, request: Request, progress: Progress) -> Answer:
        pixels, identity = _checked_pixels(request, "mask")[..., 0], request.parameters["mask"]
        self.cache.add_mask(identity, HeldMask(pixels.shape, Mask.of(pixels)))
        return Answer({"mask": identity})

    def _close_image(self, request: Request, progress: Progress) -> Answer:
        return Answer({"closed": self.cache.close(request.parameters["image"])})

    def _inputs(self, request: Request) -> tuple[Photo, Hints, dict[str, Any], int]:
        """Return a request's photograph, local and global hints, and how many painted spots are too faint for hints."""
        given = request.parameters
        photo = self.cache.photo(given["image"], self._key(given["model"]))
        reference = self.cache.reference(given["histogram"]) if given["histogram"] else None
        frames = iter(request.frames)
        hints, faint = _painted("", given, frames, photo)
        regions = []
        for i, each in enumerate(given["regions"]):
            name = f"regions[{i}]."
            own, too_faint = _painted(name, each, frames, photo)
            regions.append(Region(self._mask_of(name, each, photo), own))
            faint += too_faint
        wishes = {name: given[name] for name in ("saturation", "vividness")}
        return photo, hints, {"histogram": reference, "regions": regions, **wishes}, faint

    def _mask_of(self, name: str, region: Mapping[str, Any], photo: Photo) -> Mask:
        held, area = self.cache.mask(region["mask"]), tuple(region["area"])
        _check_inside(f"{name}area", area, photo)
        if held.shape != (area[3], area[2]):
            size = f"{held.shape[1]} x {held.shape[0]}"
            raise ArgumentError(f"{name}area", f"is not of its mask's size, which is {size} pixels.")
        return held.mask.moved(area[0], area[1])


def _checked_pixels(request: Request, name: str) -> NDArray[np.uint8]:
    """Return the pixels of a request, (H, W, C); raises BadRequest unless they are those that its id says."""
    given, frame = request.parameters, request.frames[0]
    # A mask has one.
    height, width, channels = shape = given["height"], given["width"], given.get("channels", 1)
    if image_id(frame, width, height, channels) != given[name]:
        raise BadRequest(f"`{name}` is not the hash of these pixels.", "Form it as section 5 of the protocol says.")
    return np.frombuffer(frame, np.uint8).reshape(shape)


def _warnings(colorizer: Colorizer, photo: Photo, hints: Hints, extra: Mapping[str, Any], faint: int) -> Iterator[str]:
    """Yield what the user should know of a result; `extra`: what is wished beside the hints, None where it is not."""
    if colorizer.fell_back:
        yield f"Colored on the CPU: {colorizer.fell_back}."
    if faint:
        what = "A painted spot is" if faint == 1 else f"{faint} painted spots are"
        yield f"{what} too faint to count: paint with more opacity."
    if not photo.takes_dots and any(len(each) for each in (hints, *(region.hints for region in extra["regions"]))):
        yield f"{colorizer.name} takes no dots: yours are left aside."
    if any(extra[name] is not None for name in ("histogram", "saturation")) and not photo.takes_global:
        yield f"{colorizer.name} takes neither histogram nor saturation: they are left aside."
    if extra["vividness"] is not None and not photo.takes_vividness:
        yield f"{colorizer.name} takes no vividness: it is left aside."


def _painted(name: str, given: Mapping[str, Any], frames: Iterator[memoryview], photo: Photo) -> tuple[Hints, int]:
    """Return the hints of a layer and its dots, and how many painted spots are too faint; name: of what they are."""
    paint, faint = _paint(f"{name}layer", given["layer"], frames, photo).counting()
    hints = Hints.of_paint(paint)
    if given["dots"]:
        size = (photo.height, photo.width)
        dots = [_dot(f"{name}dots[{i}]", dot, size) for i, dot in enumerate(given["dots"])]
        hints = hints.plus(Hints.from_dots(dots, size))
    return hints, faint


def _paint(name: str, parts: Sequence[Rectangle], frames: Iterator[memoryview], photo: Photo) -> Paint:
    """Return the painted pixels of a layer that was sent in parts, in a frame if there are any."""
    painted, offset, frame = [], 0, next(frames) if parts else memoryview(b"")
    for i, (x, y, width, height) in enumerate(parts):
        _check_inside(f"{name}[{i}]", (x, y, width, height), photo)
        pixels = np.frombuffer(frame, np.uint8, width * height * 4, offset)
        painted.append(Paint.of(pixels.reshape(height, width, 4), x, y))
        offset += pixels.size
    return join(painted)


def _check_inside(name: str, rectangle: Rectangle, photo: Photo) -> None:
    x, y, width, height = rectangle
    if x + width > photo.width or y + height > photo.height:
        raise ArgumentError(name, f"reaches beyond the image, which has {photo.width} x {photo.height} pixels.")


def _dot(name: str, dot: Mapping[str, Any], size: tuple[int, int]) -> Dot:
    if dot["x"] >= size[1] or dot["y"] >= size[0]:
        raise ArgumentError(name, f"lies outside the image, which has {size[1]} x {size[0]} pixels.")
    a, b = dot["ab"] if "ab" in dot else _ab([dot["rgb"]])[0]
    return Dot(dot["x"], dot["y"], dot.get("radius", DEFAULT_RADIUS), (a, b))


def _dot_fields(dot: Dot, photo: Photo) -> dict[str, Any]:
    """Return a dot as a reply gives it: also in its color at about the photograph's lightness there."""
    # A hint is hue and chroma, of which sRGB has little near black and white.
    lightness = photo.lightness[dot.y, dot.x].clamp(35, 80)
    rgb = color.to_rgb8(lightness[None, None], torch.tensor(dot.ab)[:, None, None])
    return {**dot._asdict(), "rgb": [int(value) for value in rgb.flatten()]}


def _ab(colors: list[tuple[int, int, int]]) -> list[tuple[float, float]]:
    """Convert sRGB colors, 0..255, to ab."""
    rgb = torch.tensor(colors, dtype=torch.float32).T[:, None] / 255
    return [(float(a), float(b)) for a, b in color.rgb_to_lab(rgb)[1:, 0].T]
