"""The public Python API: `Colorizer.load` a network, `open` a photograph, `colorize` it as often as hints change."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from huedot.protocol.errors import ArgumentError
from huedot.weights import files

from . import arguments, backends, color, places, saturation, variations
from .grid import Region, slice_bands, slice_grid
from .hints import Dot, Hints
from .painting import BAND_PIXELS, Picture, Progress, paint
from .palette import Palette, cluster
from .reference import Reference, global_hints
from .tiles import Shown, Tiling, merged

FAR = 1e4  # ab units, or logits: beyond any color, and any doubt; in float32 they can still be squared
OUT_OF_GPU_MEMORY = "out of GPU memory"
WORKING_SIZE = 256  # pixels: the network sees a photograph as if it were a square of this side, its aspect kept

T = TypeVar("T")
log = logging.getLogger(__name__)


class Place(NamedTuple):
    """A pixel, in column x and row y, and how unsure the network is of its color, 0..1."""

    x: int
    y: int
    uncertainty: float


class Refresh(NamedTuple):
    """What has to be painted over what was shown, and what is then shown: the `since` of the next refresh."""

    tiles: list[tuple[Region, Picture]]  # disjoint; pictures uint8 (h, w, 3) sRGB
    complete: bool  # whether the tiles are all of the region
    shown: Shown


class Colorizer:
    """A network, loaded onto a device."""

    def __init__(
        self,
        backend: backends.Backend,
        device: torch.device,
        working_size: int = WORKING_SIZE,
        path: Path | None = None,
    ) -> None:
        self.backend, self.device, self.working_size, self.path = backend, device, working_size, path
        self.fell_back = ""  # why this colorizer left the GPU, if it did

    @classmethod
    def load(cls, model: str | Path = "huedot", device: str = "auto", working_size: int = WORKING_SIZE) -> Colorizer:
        """Load a network by name ("huedot", "siggraph17", "siggraph17-global") or from a weights file.

        device: "auto" (the GPU if there is one), "cpu", "cuda" or "mps"; working_size: 64 to 1024, at which the
        network sees a photograph. Raises ArgumentError, WeightsMissing, WeightsCorrupt or OutOfMemory.
        """
        size = arguments.whole("working_size", working_size, 64, 1024)
        where, path = choose_device(device), files.find(model)
        try:
            return cls(backends.load(path, where), where, size, path)
        except (RuntimeError, MemoryError) as error:
            backends.check_memory(error, where)
        colorizer = cls(backends.load(path, torch.device("cpu")), where, size, path)
        colorizer.to_cpu(OUT_OF_GPU_MEMORY)
        return colorizer

    @property
    def name(self) -> str:
        """The model's name, as `load` takes it."""
        return self.backend.name

    def open(self, rgb: Picture) -> Photo:
        """Take a photograph, uint8 (H, W, 3) sRGB or (H, W) gray, from 8 x 8 up. Heavy work happens here, once.

        Of a photograph in color only the lightness is used. Raises ArgumentError, OutOfMemory.
        """
        return Photo(self, arguments.picture("rgb", rgb))

    def to_cpu(self, why: str) -> None:
        """Leave the GPU for good, because of `why`."""
        log.warning("leaving %s for the CPU: %s", self.device, why)
        self.fell_back, self.device = why, torch.device("cpu")
        backends.move(self.backend, self.device)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def choose_device(name: str) -> torch.device:
    """Return the device of this name; "auto" is the GPU if there is one. Raises ArgumentError."""
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(d for d in ("cuda", "mps", "cpu") if present[d]))
    if name not in present:
        raise ArgumentError("device", f"there is no {name!r}.", "Use auto, cpu, cuda or mps.")
    if not present[name]:
        raise ArgumentError("device", f"this machine, or this build of torch, has no {name}.", "Use auto or cpu.")
    return torch.device(name)


class Photo:
    """A photograph, opened: what its hints cannot change is computed and kept."""

    def __init__(self, colorizer: Colorizer, rgb: Picture) -> None:
        self._colorizer = colorizer
        self.height, self.width = rgb.shape[:2]
        self.lightness = color.lightness(rgb)  # (H, W) in 0..100, on the CPU
        self._target = working_shape(self.height, self.width, colorizer.working_size, colorizer.backend.multiple)
        self._latest: tuple[object, backends.Prediction] | None = None
        self._attempt(self._encode)

    @property
    def takes_dots(self) -> bool:
        """Whether the network can use hints."""
        return self._colorizer.backend.takes_dots

    @property
    def takes_global(self) -> bool:
        """Whether the network can use a histogram, and a saturation."""
        return self._colorizer.backend.takes_global

    @property
    def nbytes(self) -> int:
        """The memory that this photograph holds now, in bytes, wherever it lies."""
        held = [self.lightness, self._small, *(self._encoded or ())]
        if self._latest is not None:
            held += [self._latest[1].grid, *self._latest[1].held]
        storages = {tensor.data_ptr(): tensor.untyped_storage().nbytes() for tensor in held}
        return sum(storages.values())

    def colorize(
        self,
        hints: Picture | Hints | None = None,
        *,
        histogram: Picture | Reference | None = None,
        saturation: float | None = None,
        region: Region | None = None,
    ) -> Picture:
        """Color the photograph: uint8 (H, W, 3) sRGB, whose lightness is the photograph's own.

        hints: uint8 (H, W, 4), where alpha from 128 up is a hint of hue and chroma; histogram: a reference
        picture, uint8 (h, w, 3); saturation: mean HSV saturation, 0..1 (paper §3.2); region: the part that is
        wanted, (x, y, width, height), which costs in proportion. Raises ArgumentError, and WeightsCorrupt where the
        network answers with no colors.
        """
        return self.refresh(hints, histogram=histogram, saturation=saturation, region=region).tiles[0][1]

    def refresh(
        self,
        hints: Picture | Hints | None = None,
        *,
        histogram: Picture | Reference | None = None,
        saturation: float | None = None,
        region: Region | None = None,
        since: Shown | None = None,
        progress: Progress = lambda fraction: None,
    ) -> Refresh:
        """Color as `colorize` does, but only what `since`, an earlier refresh's `shown`, does not show already.

        What is left as it was is within `tiles.TOLERANCE` ab units of what `colorize` gives. progress: told the share
        of the work that is done; it may raise, to stop it. Raises ArgumentError.
        """
        given, wishes = self._hints(hints), global_hints(histogram, saturation)
        part = self._region(region)

        def work() -> Refresh:
            progress(0)
            prediction = self._predict(given, wishes)
            exact = given.muted(prediction.share) if self._colorizer.backend.exact else Hints.none()
            return self._refresh(prediction.grid, exact, part, since, progress)

        return self._attempt(work)

    def palette(
        self,
        x: int,
        y: int,
        hints: Picture | Hints | None = None,
        k: int = 9,
        *,
        histogram: Picture | Reference | None = None,
        saturation: float | None = None,
    ) -> list[tuple[tuple[int, int, int], float]]:
        """Return the k likely colors of the pixel in column x and row y, most likely first, with probabilities.

        The colors, (r, g, b) in sRGB, have the photograph's lightness there (paper §3.3). Raises ArgumentError.
        """
        arguments.whole("x", x, 0, self.width - 1)
        arguments.whole("y", y, 0, self.height - 1)
        arguments.whole("k", k, 1, 64)
        given, wishes = self._hints(hints), global_hints(histogram, saturation)
        return self._attempt(lambda: self._palette(x, y, self._predict(given, wishes), k))

    def preview(self, hints: Picture | Hints | None = None, side: int = 512) -> Picture:
        """Color a copy of the photograph whose longer side has `side` pixels: what `colorize` would give, sooner."""
        given = self._hints(hints)
        scale = min(1.0, side / max(self.height, self.width))
        size = tuple(max(1, round(extent * scale)) for extent in (self.height, self.width))
        lightness = F.interpolate(self.lightness[None, None], size, mode="bilinear", antialias=True)

        def paint() -> Picture:
            grid = self._predict(given, global_hints(None, None)).grid
            light = lightness.to(grid.device)
            return color.to_rgb8(light[0, 0], slice_grid(grid, light)[0]).cpu().numpy()

        return self._attempt(paint)

    def enlargements(self, hints: Picture | Hints | None = None) -> tuple[Tensor, Tensor]:
        """Return the colors, ab (2, H, W), of one result enlarged twice: edge-aware, as shown, and bilinearly.

        Exact hints are left out of both. It is for measuring what the grid gains at full size.
        """
        given, size = self._hints(hints), (self.height, self.width)

        def work() -> tuple[Tensor, Tensor]:
            grid = self._predict(given, global_hints(None, None)).grid
            ours = torch.cat([ab.cpu() for _, ab in slice_bands(grid, self.lightness, BAND_PIXELS)], 1)
            return ours, F.interpolate(slice_grid(grid, self._small), size, mode="bilinear")[0].cpu()

        return self._attempt(work)

    def suggest(self, hints: Picture | Hints | None = None, n: int = 5) -> list[tuple[int, int]]:
        """Return n places (x, y) where a dot would help most, the best first. Raises ArgumentError."""
        return [(place.x, place.y) for place in self.suggest_places(hints, n)]

    def suggest_places(self, hints: Picture | Hints | None = None, n: int = 5) -> list[Place]:
        """Return n places where a dot would help most, the best first, and how unsure the network is there."""
        arguments.whole("n", n, 1, 100)
        given = self._hints(hints)
        return self._attempt(lambda: self._suggest(given, n))

    def variations(self, hints: Picture | Hints | None = None, n: int = 6) -> list[Picture]:
        """Return n plausible and visibly different colorizations (the paper's Figures 1 and 3).

        Raises ArgumentError.
        """
        given, size = self._hints(hints), (self.height, self.width)
        return [self.colorize(Hints.from_dots(dots, size).plus(given)) for dots in self.variation_dots(given, n)]

    def variation_dots(
        self,
        hints: Picture | Hints | None = None,
        n: int = 6,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> list[list[Dot]]:
        """Return the dots that, beneath the given hints, make each of the n variations; the first has none.

        progress: told the share of the work that is done; it may raise, to stop it.
        """
        arguments.whole("n", n, 1, 24)
        given = self._hints(hints)
        return self._attempt(lambda: self._vary(given, n, progress))

    def _region(self, region: Region | None) -> Region:
        if region is None:
            return 0, 0, self.width, self.height
        x, y, width, height = region
        inside = (
            x >= 0 and y >= 0 and width > 0 and height > 0 and x + width <= self.width and y + height <= self.height
        )
        if not inside:
            size = f"{self.width} x {self.height}"
            raise ArgumentError("region", f"{region} is not a part of the photograph, which has {size} pixels.")
        return region

    def _hints(self, hints: Picture | Hints | None) -> Hints:
        if hints is None:
            return Hints.none()
        if isinstance(hints, Hints):
            return hints
        return Hints.from_layer(arguments.hint_layer("hints", hints, self.height, self.width))

    def _attempt(self, work: Callable[[], T]) -> T:
        """Do some work; if the GPU's memory does not suffice, do it again on the CPU."""
        with torch.inference_mode():
            try:
                return work()
            except (RuntimeError, MemoryError) as error:
                backends.check_memory(error, self._colorizer.device)
                self._colorizer.to_cpu(OUT_OF_GPU_MEMORY)

        def anew() -> T:
            self._encode()
            return work()

        return self._attempt(anew)

    def _encode(self) -> None:
        device = self._colorizer.device
        small = F.interpolate(self.lightness[None, None], self._target, mode="bilinear", antialias=True)
        self._small = small.to(device)
        self._encoded = self._colorizer.backend.encode(self._small)
        self._latest = None

    def _predict(self, given: Hints, wishes: NDArray[np.float32]) -> backends.Prediction:
        """Run the network, or take its latest answer if nothing has changed."""
        if self._small.device.type != self._colorizer.device.type:  # another photograph left the GPU
            self._encode()
        key = given.digest(), wishes.tobytes()
        if self._latest is None or self._latest[0] != key:
            device = self._colorizer.device
            local = given.at_size((self.height, self.width), self._target, device)
            request = backends.Request(self._small, *local, torch.from_numpy(wishes)[None].to(device))
            prediction = self._colorizer.backend.predict(self._encoded, request)
            self._check(prediction.grid)
            if wishes[-1] and self.takes_global:
                prediction = prediction.muted(saturation.share(prediction.grid, self._small, float(wishes[-2])))
            self._latest = key, prediction
        return self._latest[1]

    def _check(self, answer: Tensor) -> None:
        """Refuse what a network that was badly trained answers, before it turns black: NaN, infinity and the like."""
        if not bool((answer.abs() < FAR).all()):
            weights = self._colorizer.path or self._colorizer.name
            raise files.refused(weights, "answers this photograph with no colors (NaN, or beyond any)")

    def _refresh(self, grid: Tensor, exact: Hints, region: Region, since: Shown | None, progress: Progress) -> Refresh:
        tiling = Tiling((self.height, self.width), grid)
        shown, parts = tiling.shown(region, grid, exact), [region]
        if since is not None:
            changed = tiling.changed(since, shown)
            shown, parts = merged(since, shown, changed), tiling.rectangles(changed, region)
        pictures = paint(grid, self.lightness, exact, region, parts, progress)
        return Refresh(list(zip(parts, pictures, strict=True)), parts == [region], shown)

    def _palette(
        self, x: int, y: int, prediction: backends.Prediction, k: int
    ) -> list[tuple[tuple[int, int, int], float]]:
        likely = self._clusters(prediction.logits_at((x + 0.5) / self.width, (y + 0.5) / self.height), k)
        rgb = color.to_rgb8(self.lightness[y, x].expand(1, k), torch.from_numpy(likely.ab).T[:, None])[0].tolist()
        return [((r, g, b), float(p)) for (r, g, b), p in zip(rgb, likely.probability, strict=True)]

    def _clusters(self, logits: Tensor, k: int) -> Palette:
        """Return the k clusters of the distribution that logits (Q,) stand for: ab (k, 2) and probability (k,)."""
        self._check(logits)
        backend = self._colorizer.backend
        probability = torch.softmax(logits * backend.softening, 0).cpu().numpy()
        return cluster(probability, backend.centers.cpu().numpy(), k)

    def _suggest(self, given: Hints, n: int) -> list[Place]:
        logits = self._predict(given, global_hints(None, None)).logits()
        return [
            Place(min(int(x * self.width), self.width - 1), min(int(y * self.height), self.height - 1), doubt)
            for x, y, doubt in self._doubtful(logits, n)
        ]

    def _doubtful(self, logits: Tensor, n: int) -> list[tuple[float, float, float]]:
        self._check(logits)
        backend = self._colorizer.backend
        return places.suggest(logits, backend.centers, backend.softening, self._small, n)

    def _vary(self, given: Hints, n: int, progress: Callable[[float], None]) -> list[list[Dot]]:
        none = global_hints(None, None)
        logits = self._predict(given, none).logits()
        at = [(x, y) for x, y, _ in self._doubtful(logits, variations.PLACES)]
        palettes = [self._clusters(places.sample(logits, x, y), variations.COLORS) for x, y in at]
        candidates: list[list[Dot]] = [[]]
        candidates += [self._dots(at, colors) for colors in variations.combinations(palettes, variations.TRIED * n)]
        small = F.interpolate(self._small, scale_factor=0.25, mode="bilinear", antialias=True)
        results = []
        for i, dots in enumerate(candidates):
            progress(i / len(candidates))
            hints = Hints.from_dots(dots, (self.height, self.width)).plus(given)
            results.append(slice_grid(self._predict(hints, none).grid, small).cpu().numpy())
        return [candidates[i] for i in variations.most_different(np.concatenate(results), n)]

    def _dots(self, at: list[tuple[float, float]], colors: NDArray[np.float32]) -> list[Dot]:
        radius = max(1.0, 3 * (self.height * self.width) ** 0.5 / self._colorizer.working_size)
        return [
            Dot(int(x * self.width), int(y * self.height), radius, (float(a), float(b)))
            for (x, y), (a, b) in zip(at, colors, strict=True)
        ]


def working_shape(height: int, width: int, working_size: int, multiple: int) -> tuple[int, int]:
    """Return the size (h, w) at which the network sees a photograph.

    Its area is that of a square of working_size, its aspect the photograph's as near as multiples of `multiple` allow.
    """
    scale = working_size / (height * width) ** 0.5
    h, w = (max(multiple, round(side * scale / multiple) * multiple) for side in (height, width))
    longest = 4 * working_size // multiple * multiple  # a strip of 1 x N is not worth more
    return min(h, longest), min(w, longest)
