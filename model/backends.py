"""The network families behind one door: each turns lightness and hints into a bilateral grid and palette logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.profiler import record_function

from huedot.protocol.errors import is_memory_gone, out_of_memory
from huedot.weights.files import refused

from . import bins, loading, places, regions, vividness
from .exact import meet_hints
from .grid import slice_bands, slice_grid
from .networks.hintnet import Config, Features, HintNetwork
from .networks.siggraph17 import CaffeLocalHints, GlobalHints, LocalHints

# Parts of the network that compute in float32.
PRECISE = ("affinity", "palette")
# Cells of 16 pixels at the working size, along each side: what the palette of a place depends on.
WINDOW = 3


@dataclass(frozen=True)
class NetworkInput:
    """Hints as the networks take them, at the working size (H, W) of a photograph."""

    lightness: Tensor  # (1, 1, H, W) in 0..100
    hint_ab: Tensor  # (1, 2, H, W) in ab units
    hint_mask: Tensor  # (1, 1, H, W), 0 or 1
    global_hints: Tensor  # (1, 316)
    vividness: float = 1.0  # see `vividness.enliven`
    fills: bool = False  # see `regions.fill`


@dataclass(frozen=True)
class Prediction:
    """What a network answers."""

    grid: Tensor  # (1, 2, D, h, w) in ab units; D = 1 where a network knows nothing of lightness
    logits: Callable[[], Tensor]  # (1, Q, h', w') over the backend's bin centers, computed when asked for
    # The same for one place, where that is less work.
    near: Callable[[float, float], tuple[Tensor, float, float]] | None = None
    # What it keeps beside the grid.
    held: list[Tensor] = field(default_factory=list)
    # Features (1, C, h', w') in which the parts of a thing are alike, where the network has any.
    meaning: Tensor | None = None
    # The share that is left of the chroma that the network answered, and that hints have.
    share: float = 1.0
    # The grid at another vividness, where that can be had without the network.
    enlivened: Callable[[float], Tensor] | None = None

    def muted(self, share: float) -> Prediction:
        """Return it with a share of its chroma."""
        return self if share == 1 else replace(self, grid=self.grid * share, share=share)

    def logits_at(self, x: float, y: float) -> Tensor:
        """Return the logits (Q,) at a place, both coordinates in 0..1 of the picture."""
        field, x, y = self.near(x, y) if self.near else (self.logits(), x, y)
        return places.sample(field, x, y)


class Backend(Protocol):
    """A network family, loaded."""

    name: str
    # The sides of the working size are multiples of this.
    multiple: int
    # Whether the hints' own color is given back at the hints.
    exact: bool
    # Whether local hints are of use to it.
    takes_dots: bool
    # Whether histogram and saturation are of use to it.
    takes_global: bool
    # Whether it tells what hints have reached.
    takes_vividness: bool
    # Multiplies the logits before the softmax (paper §3.3).
    softening: float
    network: nn.Module
    centers: Tensor  # (Q, 2), the bins of its palette

    def encode(self, lightness: Tensor) -> Any:
        """Do once per photograph what does not depend on hints. lightness: (1, 1, H, W) in 0..100."""

    def predict(self, encoded: Any, given: NetworkInput) -> Prediction:
        """Answer one refresh."""


class HintNetBackend:
    """`huedot`: encoder once, hints per refresh, propagation, exact hints."""

    name, multiple, exact, softening = "huedot", 32, True, 1.0
    takes_dots, takes_global, takes_vividness = True, True, True

    def __init__(self, network: HintNetwork) -> None:
        self.network, self.centers = network, bins.centers()

    def encode(self, lightness: Tensor) -> Features:
        """Run the encoder."""
        with record_function("encode"), _half_where_fast(lightness.device):
            return self.network.encode(lightness)

    def predict(self, encoded: Features, given: NetworkInput) -> Prediction:
        """Run the hint network, spread the hints, and make them exact."""
        hints = (given.hint_ab, given.hint_mask)
        with record_function("decode"), _half_where_fast(given.lightness.device):
            alone, decoded = self.network.decode(encoded, *hints, given.global_hints)
        with record_function("propagate"):
            grid, reached = self.network.propagate(alone, decoded, given.lightness, *hints)
            if given.fills:
                grid, reached = regions.fill(alone, grid, reached)
        held = [grid, reached, *decoded, *hints]

        def logits() -> Tensor:
            held.append(self.network.palette_logits(decoded, slice_grid(grid, given.lightness)))
            return held[-1]

        def near(x: float, y: float) -> tuple[Tensor, float, float]:
            return self._palette_near(decoded, grid, given.lightness, x, y)

        def enlivened(factor: float) -> Tensor:
            with record_function("exact hints"):
                return meet_hints(vividness.enliven(grid, reached, factor), given.lightness, *hints)

        met = enlivened(given.vividness)
        return Prediction(met, cache(logits), near, held, decoded.sixteenth, enlivened=enlivened)

    def _palette_near(
        self, decoded: Features, grid: Tensor, lightness: Tensor, x: float, y: float
    ) -> tuple[Tensor, float, float]:
        """Return the logits of a window around a place, and where in it, in 0..1, the place is."""
        rows, columns = decoded.sixteenth.shape[-2:]
        top, left = (min(max(0, int(at * n) - 1), max(0, n - WINDOW)) for at, n in ((y, rows), (x, columns)))
        height, width = min(WINDOW, rows), min(WINDOW, columns)

        def cut(field: Tensor, scale: int) -> Tensor:
            return field[..., top * scale : (top + height) * scale, left * scale : (left + width) * scale]

        area = (left * 16, top * 16, width * 16, height * 16)
        ((_, ab),) = slice_bands(grid, lightness[0, 0], area[2] * area[3], area)
        parts = Features(cut(decoded.quarter, 4), cut(decoded.eighth, 2), cut(decoded.sixteenth, 1))
        return self.network.palette_logits(parts, ab[None]), (x * columns - left) / width, (y * rows - top) / height


def _half_where_fast(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 where the processor does so natively: measured, it takes 60 % of the time of float32."""
    enabled = is_half_fast(device)
    return torch.autocast(device.type if enabled else "cpu", torch.bfloat16, enabled=enabled)


def is_half_fast(device: torch.device) -> bool:
    """Return whether a device computes in bfloat16 natively."""
    native = {
        "cuda": torch.cuda.is_bf16_supported,
        # torch has no public name for it.
        "cpu": getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False),
    }
    return native.get(device.type, lambda: False)()


class LocalHintsBackend:
    """`siggraph17`: the published Local Hints network, as it was."""

    name, multiple, exact, softening = "siggraph17", 8, False, 0.2
    takes_dots, takes_global, takes_vividness = True, False, False

    def __init__(self, network: LocalHints) -> None:
        self.network = network
        self.centers = bins.centers() if isinstance(network, CaffeLocalHints) else bins.grid()

    def encode(self, lightness: Tensor) -> None:
        """Do nothing: this network takes lightness and hints together."""

    def predict(self, encoded: None, given: NetworkInput) -> Prediction:
        """Run the whole network, as at every click of the published system."""
        ab, logits = self.network(given.lightness, given.hint_ab, given.hint_mask)
        return Prediction(ab[:, :, None], lambda: logits, held=[logits])


class GlobalHintsBackend:
    """`siggraph17-global`: the published Global Hints network; it has no local hints and no palette of its own."""

    name, multiple, exact, softening = "siggraph17-global", 8, False, 1.0
    takes_dots, takes_global, takes_vividness = False, True, False

    def __init__(self, network: GlobalHints) -> None:
        self.network, self.centers = network, bins.centers()

    def encode(self, lightness: Tensor) -> None:
        """Do nothing: this network takes lightness and global hints together."""

    def predict(self, encoded: None, given: NetworkInput) -> Prediction:
        """Run the whole network; the palette is what it soft-encodes its own answer to."""
        ab = self.network(given.lightness, given.global_hints)
        return Prediction(
            ab[:, :, None], lambda: bins.soft_encode(ab[:, :, ::4, ::4], self.centers).clamp_min(1e-6).log()
        )


def load(path: Path, device: torch.device) -> Backend:
    """Build the backend that a weights file is for.

    Raises WeightsMissing or WeightsCorrupt, naming the file.
    """
    tensors, metadata = loading.read_weights(path)
    architecture = loading.architecture_of(tensors, metadata, path)
    network: nn.Module
    if architecture == "huedot":
        network = _hint_network(tensors, metadata, path)
    else:
        network = loading.published_network(architecture, tensors, metadata, path)
    loading.load_into(network, tensors, path)
    network.requires_grad_(False).eval()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch forgot this form
    backend: Backend = {
        "huedot": HintNetBackend,
        "siggraph17": LocalHintsBackend,
        "siggraph17-global": GlobalHintsBackend,
    }[architecture](network)
    move(backend, device)
    return backend


def _hint_network(tensors: Mapping[str, Tensor], metadata: Mapping[str, str], path: Path) -> HintNetwork:
    """Build the network that the metadata describe, once it is sure that the weights are its own."""
    try:
        config = Config.parse(metadata.get("config", "{}"))
        # Takes no memory.
        with torch.device("meta"):
            expected = HintNetwork(config).state_dict()
    except (ValueError, TypeError, RuntimeError) as error:
        raise refused(path, f"describes no network ({error})") from error
    loading.check_fit(expected, tensors, path)
    return HintNetwork(config)


def check_memory(error: Exception, device: torch.device) -> None:
    """Return if the CPU can take over from a GPU without memory; otherwise raise what is to be said of an error."""
    if not is_memory_gone(error):
        raise error
    if device.type == "cpu":
        raise out_of_memory() from error


def move(backend: Backend, device: torch.device) -> None:
    """Bring a backend to a device, its weights in the precision that it computes in: to convert them costs 15 %."""
    backend.network.to(device)
    backend.centers = backend.centers.to(device)
    if isinstance(backend.network, HintNetwork):
        dtype = torch.bfloat16 if is_half_fast(device) else torch.float32
        for name, module in backend.network.named_modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)) and not name.startswith(PRECISE):
                module.to(dtype)
