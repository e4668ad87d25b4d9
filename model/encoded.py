"""A network on a device, and a photograph encoded by it: what hints cannot change is computed once and kept."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from huedot.weights import files

from . import backends, bins, color, reference, saturation
from .color import Samples
from .hints import Hints
from .levels import levels_of
from .mount import mount_of
from .vividness import USUAL

# Ab units, or logits: beyond any color, and any doubt; in float32 they can still be squared.
FAR = 1e4
OUT_OF_GPU_MEMORY = "out of GPU memory"
GlobalHints = NDArray[np.float32]

T = TypeVar("T")
log = logging.getLogger(__name__)


class LoadedNetwork:
    """A network on a device, which it leaves for the CPU when the device's memory does not suffice."""

    def __init__(
        self, backend: backends.Backend, device: torch.device, working_size: int, path: Path | None = None
    ) -> None:
        self.backend, self.device, self.working_size, self.path = backend, device, working_size, path
        # Why it left the GPU, if it did.
        self.fell_back = ""
        # The vividness of whoever asks for none.
        self.vividness = USUAL if backend.takes_vividness else 1.0

    @property
    def name(self) -> str:
        """The model's name, as `Colorizer.load` takes it."""
        return self.backend.name

    def to_cpu(self, why: str) -> None:
        """Leave the GPU for good, because of `why`."""
        log.warning("leaving %s for the CPU: %s", self.device, why)
        self.fell_back, self.device = why, torch.device("cpu")
        backends.move(self.backend, self.device)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


class EncodedPhoto:
    """A photograph as a network has encoded it, and the network's latest answers."""

    def __init__(self, network: LoadedNetwork, rgb: Samples) -> None:
        """Encode a picture, uint8 or uint16 (H, W, 3) sRGB. Raises OutOfMemory."""
        self.network, self.backend = network, network.backend
        self.height, self.width = rgb.shape[:2]
        self.lightness = color.lightness(rgb)  # (H, W) in 0..100, on the CPU
        self._working_shape = working_shape(self.height, self.width, network.working_size, network.backend.multiple)
        # The latest answers, by what was given, each with its vividness; and how many are wanted: one for each region,
        # and one for the rest.
        self._answers: OrderedDict[object, tuple[float, backends.Prediction]] = OrderedDict()
        self._wanted = 1
        self.attempt(self._encode)

    @property
    def nbytes(self) -> int:
        """The memory that this photograph holds now, in bytes, wherever it lies."""
        held = [self.lightness, self.small, *(self._features or ())]
        for _, prediction in self._answers.values():
            held += [prediction.grid, *prediction.held]
        storages = {tensor.data_ptr(): tensor.untyped_storage().nbytes() for tensor in held}
        return sum(storages.values())

    def attempt(self, work: Callable[[], T]) -> T:
        """Do some work; if the GPU's memory does not suffice, do it again on the CPU. Raises OutOfMemory."""
        with torch.inference_mode():
            try:
                return work()
            except (RuntimeError, MemoryError) as error:
                backends.check_memory(error, self.network.device)
                self.network.to_cpu(OUT_OF_GPU_MEMORY)

        def again() -> T:
            self._encode()
            return work()

        return self.attempt(again)

    def predict(
        self,
        hints: Hints,
        global_hints: GlobalHints | None = None,
        vividness: float | None = None,
        fills: bool = False,
    ) -> backends.Prediction:
        """Run the network, or take one of its latest answers if nothing has changed; within an `attempt`.

        global_hints: float32 (316,); vividness: for None the network's own, or 1 with a histogram; fills: see
        `regions.fill`. Raises WeightsCorrupt where the network answers with no colors.
        """
        if global_hints is None:
            global_hints = reference.global_hints(None, None)
        # Another photograph left the GPU.
        if self.small.device.type != self.network.device.type:
            self._encode()
        if vividness is None:
            # Another picture's histogram says how vivid it is meant.
            vividness = 1.0 if global_hints[bins.COUNT] else self.network.vividness
        fills &= len(hints) > 0
        key = _key(hints, global_hints, fills)
        if key not in self._answers or self._answers[key][0] != vividness:
            self._answers[key] = vividness, self._ask(key, hints, global_hints, vividness, fills)
        self._answers.move_to_end(key)
        while len(self._answers) > self._wanted:
            self._answers.popitem(last=False)
        return self._answers[key][1]

    def predict_each(
        self, shared: Sequence[Hints], global_hints: GlobalHints, vividness: float | None = None
    ) -> list[backends.Prediction]:
        """Do as `predict` for the hints of the rest, and those of each region; where they stay, nothing is done."""
        self._wanted = len(shared)
        return [self.predict(hints, global_hints, vividness, fills=i > 0) for i, hints in enumerate(shared)]

    def logits(self, hints: Hints) -> Tensor:
        """Return the logits (1, Q, h, w) over the backend's bins; within an `attempt`. Raises as `predict` does."""
        logits = self.predict(hints).logits()
        self._check(logits)
        return logits

    def logits_at(
        self,
        x: int,
        y: int,
        hints: Hints,
        global_hints: GlobalHints,
        vividness: float | None = None,
        fills: bool = False,
    ) -> Tensor:
        """Return the logits (Q,) of the pixel in column x and row y; within an `attempt`. Raises as `predict` does."""
        prediction = self.predict(hints, global_hints, vividness, fills)
        logits = prediction.logits_at((x + 0.5) / self.width, (y + 0.5) / self.height)
        self._check(logits)
        return logits

    def _ask(
        self, key: object, hints: Hints, global_hints: GlobalHints, vividness: float, fills: bool
    ) -> backends.Prediction:
        """Run the network; where it has answered all this but for the vividness, only what that changes is done."""
        device = self.network.device
        local = hints.at_size((self.height, self.width), self._working_shape, device)
        _, known = self._answers.get(key, (0.0, None))
        if known is not None and known.enlivened is not None:
            prediction = replace(known, grid=known.enlivened(vividness), share=1.0)
        else:
            everywhere = torch.from_numpy(global_hints)[None].to(device)
            given = backends.NetworkInput(self.small, *local, everywhere, vividness, fills)
            prediction = self.backend.predict(self._features, given)
        self._check(prediction.grid)
        if self._mount and not self._mount.is_painted(local[1]):
            prediction = replace(prediction, grid=self._mount.cleared(prediction.grid, self.small.shape[-2:]))
        if global_hints[-1] and self.backend.takes_global:
            return prediction.muted(saturation.share(prediction.grid, self.small, float(global_hints[-2])))
        return prediction

    def _encode(self) -> None:
        small = F.interpolate(self.lightness[None, None], self._working_shape, mode="bilinear", antialias=True)
        mount = mount_of(small[0, 0])
        # They lead to what the network sees.
        self.levels = levels_of(mount.inside(small[0, 0]) if mount else small[0, 0])
        self._mount = mount and mount.seen(self.levels)
        self.small = self.levels(small).to(self.network.device)  # (1, 1, h, w) in 0..100, as the network sees it
        self._features = self.backend.encode(self.small)
        self._answers.clear()

    def _check(self, answer: Tensor) -> None:
        """Refuse what a network that was badly trained answers, before it turns black: NaN, infinity and the like."""
        if not bool((answer.abs() < FAR).all()):
            weights = self.network.path or self.network.name
            raise files.refused(weights, "answers this photograph with no colors (NaN, or beyond any)")


def _key(hints: Hints, global_hints: GlobalHints, fills: bool) -> object:
    """Return what tells a question from others, but for the vividness."""
    return hints.digest(), global_hints.tobytes(), fills


def working_shape(height: int, width: int, working_size: int, multiple: int) -> tuple[int, int]:
    """Return the size (h, w) at which the network sees a photograph.

    Its area is that of a square of working_size, its aspect the photograph's as near as multiples of `multiple` allow.
    """
    scale = working_size / (height * width) ** 0.5
    h, w = (max(multiple, round(side * scale / multiple) * multiple) for side in (height, width))
    # A strip of 1 x N is not worth more.
    longest = 4 * working_size // multiple * multiple
    return min(h, longest), min(w, longest)
