"""The public Python API: `Colorizer.load` a network, `open` a photograph, `colorize` it as often as hints change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import DTypeLike
from torch import Tensor

from huedot.protocol.errors import ArgumentError
from huedot.weights import files

from . import arguments, backends, color, reference
from .color import Samples
from .encoded import OUT_OF_GPU_MEMORY, EncodedPhoto, GlobalHints, LoadedNetwork
from .grid import Rectangle
from .hints import Dot, Hints
from .painting import FractionDone, Picture, paint, paint_small
from .palette import likely
from .reference import Reference
from .regions import Layer, Region, Shared, seen_exactly, share_out
from .suggestions import Place, suggest_places, variation_dots
from .tiles import Shown, Tiling, merged

# Pixels: the network sees a photograph as if it were a square of this side, its aspect kept.
WORKING_SIZE = 256


class Refresh(NamedTuple):
    """What has to be painted over what was shown, and what is then shown: the `since` of the next refresh."""

    # Disjoint; pictures (h, w, 3) sRGB, uint8 or uint16.
    tiles: list[tuple[Rectangle, Any]]
    # Whether the tiles are all of the area.
    complete: bool
    shown: Shown


class Colorizer(LoadedNetwork):
    """A network, loaded onto a device."""

    def __init__(
        self,
        backend: backends.Backend,
        device: torch.device,
        working_size: int = WORKING_SIZE,
        path: Path | None = None,
    ) -> None:
        super().__init__(backend, device, working_size, path)

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

    def open(self, rgb: Samples) -> Photo:
        """Take a photograph, uint8 or uint16, (H, W, 3) sRGB or (H, W) gray, from 8 x 8 up: the heavy work, done once.

        Of a photograph in color only the lightness is used. Raises ArgumentError, OutOfMemory.
        """
        return Photo(self, arguments.picture("rgb", rgb, deep=True))


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

    def __init__(self, network: LoadedNetwork, rgb: Samples) -> None:
        self.encoded, self.dtype = EncodedPhoto(network, rgb), rgb.dtype
        self.height, self.width, self.lightness = self.encoded.height, self.encoded.width, self.encoded.lightness

    @property
    def takes_dots(self) -> bool:
        """Whether the network can use hints."""
        return self.encoded.backend.takes_dots

    @property
    def takes_vividness(self) -> bool:
        """Whether the network tells what hints have reached, so that the rest can be more vivid."""
        return self.encoded.backend.takes_vividness

    @property
    def takes_global(self) -> bool:
        """Whether the network can use a histogram, and a saturation."""
        return self.encoded.backend.takes_global

    @property
    def nbytes(self) -> int:
        """The memory that this photograph holds now, in bytes, wherever it lies."""
        return self.encoded.nbytes

    def colorize(
        self,
        hints: Picture | Hints | None = None,
        *,
        regions: Sequence[Region] = (),
        histogram: Picture | Reference | None = None,
        saturation: float | None = None,
        vividness: float | None = None,
        area: Rectangle | None = None,
        dtype: DTypeLike | None = None,
    ) -> Any:
        """Color the photograph: (H, W, 3) sRGB, whose lightness is the photograph's own.

        hints: uint8 (H, W, 4), where alpha from 128 up is a hint of hue and chroma; regions: parts of the photograph
        whose hints color them alone, a later one above an earlier one; histogram: a reference picture, uint8
        (h, w, 3); saturation: mean HSV saturation, 0..1 (paper §3.2); vividness: 0..3, times which the chroma is where
        no hint reaches, the network's own without it; area: the part that is wanted, (x, y, width, height), which
        costs in proportion; dtype: np.uint8 or np.uint16, without which it is the photograph's own.
        Raises ArgumentError, and WeightsCorrupt where the network answers with no colors.
        """
        refresh = self.refresh(
            hints,
            regions=regions,
            histogram=histogram,
            saturation=saturation,
            vividness=vividness,
            area=area,
            dtype=dtype,
        )
        return refresh.tiles[0][1]

    def refresh(
        self,
        hints: Picture | Hints | None = None,
        *,
        regions: Sequence[Region] = (),
        histogram: Picture | Reference | None = None,
        saturation: float | None = None,
        vividness: float | None = None,
        area: Rectangle | None = None,
        since: Shown | None = None,
        progress: FractionDone = lambda fraction: None,
        dtype: DTypeLike | None = None,
    ) -> Refresh:
        """Color as `colorize` does, but only what `since`, an earlier refresh's `shown`, does not show already.

        What is left as it was is within `tiles.TOLERANCE` ab units of what `colorize` gives. progress: told the share
        of the work that is done; it may raise, to stop it. Raises ArgumentError.
        """
        shared, global_hints = self._shared(hints, regions), reference.global_hints(histogram, saturation)
        part = arguments.area("area", area, self.height, self.width)
        kind = arguments.levels("dtype", self.dtype if dtype is None else dtype)
        vivid = arguments.vividness(vividness)

        def work() -> Refresh:
            progress(0)
            layers, exact = self._layers(shared, global_hints, vivid)
            return self._refresh(layers, exact, part, since, progress, kind)

        return self.encoded.attempt(work)

    def palette(
        self,
        x: int,
        y: int,
        hints: Picture | Hints | None = None,
        k: int = 9,
        *,
        regions: Sequence[Region] = (),
        histogram: Picture | Reference | None = None,
        saturation: float | None = None,
        vividness: float | None = None,
    ) -> list[tuple[tuple[int, int, int], float]]:
        """Return the k likely colors of the pixel in column x and row y, most likely first, with probabilities.

        The colors, (r, g, b) in sRGB, have the photograph's lightness there (paper §3.3). Raises ArgumentError.
        """
        arguments.whole("x", x, 0, self.width - 1)
        arguments.whole("y", y, 0, self.height - 1)
        arguments.whole("k", k, 1, 64)
        given, fills = self._shared(hints, regions).at(x, y)
        global_hints, vivid = reference.global_hints(histogram, saturation), arguments.vividness(vividness)
        logits = self.encoded.attempt(lambda: self.encoded.logits_at(x, y, given, global_hints, vivid, fills))
        return self._palette(x, y, logits, k)

    def preview(
        self,
        hints: Picture | Hints | None = None,
        side: int = 512,
        vividness: float | None = None,
        regions: Sequence[Region] = (),
    ) -> Picture:
        """Color a copy of the photograph whose longer side has `side` pixels: what `colorize` would give, sooner."""
        shared, vivid = self._shared(hints, regions), arguments.vividness(vividness)
        scale = min(1.0, side / max(self.height, self.width))
        size = tuple(max(1, round(extent * scale)) for extent in (self.height, self.width))
        lightness = F.interpolate(self.lightness[None, None], size, mode="bilinear", antialias=True)

        def paint() -> Picture:
            layers, _ = self._layers(shared, reference.global_hints(None, None), vivid)
            return paint_small(layers, lightness[0, 0], self.encoded.levels, (self.height, self.width))

        return self.encoded.attempt(paint)

    def suggest(
        self, hints: Picture | Hints | None = None, n: int = 5, regions: Sequence[Region] = ()
    ) -> list[tuple[int, int]]:
        """Return n places (x, y) where a dot would help most, the best first. Raises ArgumentError."""
        return [(place.x, place.y) for place in self.suggest_places(hints, n, regions)]

    def suggest_places(
        self, hints: Picture | Hints | None = None, n: int = 5, regions: Sequence[Region] = ()
    ) -> list[Place]:
        """Return n places where a dot would help most, the best first, and how unsure the network is there."""
        arguments.whole("n", n, 1, 100)
        given = self._shared(hints, regions).all()
        return self.encoded.attempt(lambda: suggest_places(self.encoded, given, n))

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
        regions: Sequence[Region] = (),
    ) -> list[list[Dot]]:
        """Return the dots that, beneath the given hints, make each of the n variations; the first has none.

        progress: told the share of the work that is done; it may raise, to stop it.
        """
        arguments.whole("n", n, 1, 24)
        given = self._shared(hints, regions).all()
        return self.encoded.attempt(lambda: variation_dots(self.encoded, given, n, progress))

    def _shared(self, hints: Picture | Hints | None, regions: Sequence[Region]) -> Shared:
        size = (self.height, self.width)
        masks = [arguments.mask(f"regions[{i}]", region.mask, *size) for i, region in enumerate(regions)]
        return share_out(self._hints(hints), masks, [self._hints(region.hints) for region in regions])

    def _hints(self, hints: Picture | Hints | None) -> Hints:
        if hints is None:
            return Hints.none()
        if isinstance(hints, Hints):
            return hints
        return Hints.from_layer(arguments.hint_layer("hints", hints, self.height, self.width))

    def _refresh(
        self,
        layers: Sequence[Layer],
        exact: Hints,
        area: Rectangle,
        since: Shown | None,
        progress: FractionDone,
        kind: np.dtype[Any],
    ) -> Refresh:
        tiling = Tiling((self.height, self.width), layers[0].grid)
        shown, parts = tiling.shown(area, layers, exact), [area]
        if since is not None:
            changed = tiling.changed(since, shown)
            shown, parts = merged(since, shown, changed), tiling.rectangles(changed, area)
        pictures = paint(layers, self.lightness, self.encoded.levels, exact, area, parts, progress, kind)
        return Refresh(list(zip(parts, pictures, strict=True)), parts == [area], shown)

    def _layers(self, shared: Shared, global_hints: GlobalHints, vividness: float | None) -> tuple[list[Layer], Hints]:
        """Return what is laid over what, bottom-up, and the hints that are shown as they are."""
        predictions = self.encoded.predict_each(shared.hints, global_hints, vividness)
        layers = [Layer(each.grid, mask) for each, mask in zip(predictions, (None, *shared.masks), strict=True)]
        if not self.encoded.backend.exact:
            return layers, Hints.none()
        muted = [hints.muted(each.share) for hints, each in zip(shared.hints, predictions, strict=True)]
        return layers, seen_exactly(muted, shared.masks)

    def _palette(self, x: int, y: int, logits: Tensor, k: int) -> list[tuple[tuple[int, int, int], float]]:
        backend = self.encoded.backend
        palette = likely(logits, backend.centers, backend.softening, k)
        rgb = color.to_rgb8(self.lightness[y, x].expand(1, k), torch.from_numpy(palette.ab).T[:, None])[0].tolist()
        return [((r, g, b), float(p)) for (r, g, b), p in zip(rgb, palette.probability, strict=True)]
