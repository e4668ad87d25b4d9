"""What is scored: networks, and the baselines that spread the hints alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from huedot.model.color import to_rgb8
from huedot.model.colorizer import Colorizer, Photo
from huedot.model.hints import Hints
from huedot.model.painting import Picture
from huedot.protocol.errors import ArgumentError

from .photographs import Truth

BASELINES = ("levin", "bilateral")


class Opened(Protocol):
    """A photograph, ready to be colored from hints."""

    def colorize(self, hints: Hints) -> Picture:
        """Color it: uint8 (H, W, 3) sRGB."""


class Method(Protocol):
    """A way of coloring photographs."""

    @property
    def name(self) -> str:
        """What it is called in the tables."""

    def open(self, truth: Truth) -> Opened:
        """Take the lightness of a photograph."""


@dataclass(frozen=True)
class Network:
    """A network as a method."""

    name: str
    colorizer: Colorizer

    def open(self, truth: Truth) -> Photo:
        """Take the lightness of a photograph."""
        return self.colorizer.open(truth.rgb)


@dataclass(frozen=True)
class Baseline:
    """A method that knows nothing but the hints and the lightness, (H, W) in 0..1: `spread` returns ab (H, W, 2)."""

    name: str
    spread: Callable[[NDArray[np.floating], Hints], NDArray[np.float32]]

    def open(self, truth: Truth) -> Spreading:
        """Take the lightness of a photograph."""
        return Spreading(truth, self.spread)


@dataclass(frozen=True)
class Spreading:
    """A photograph that a baseline colors."""

    truth: Truth
    spread: Callable[[NDArray[np.floating], Hints], NDArray[np.float32]]

    def colorize(self, hints: Hints) -> Picture:
        """Color it: uint8 (H, W, 3) sRGB."""
        ab = self.spread(self.truth.lightness.numpy() / 100, hints)
        return to_rgb8(self.truth.lightness, torch.from_numpy(ab).permute(2, 0, 1)).numpy()


def networks(models: Sequence[str], vividness: Sequence[float] = ()) -> list[Network]:
    """Load networks by name or by file. A file is called by its stem, or in full where stems are the same.

    vividness: instead of its own, each of which is a method.
    """
    short = [Path(model).stem for model in models]
    names = short if len(set(short)) == len(short) else list(models)
    loaded = [Network(name, Colorizer.load(model)) for name, model in zip(names, models, strict=True)]
    return [_at(network, each) for network in loaded for each in vividness] or loaded


def _at(network: Network, vividness: float) -> Network:
    shared = network.colorizer
    colorizer = Colorizer(shared.backend, shared.device, shared.working_size, shared.path)
    colorizer.vividness = vividness
    return Network(f"{network.name} at {vividness:g}", colorizer)


def baselines(names: Sequence[str]) -> list[Baseline]:
    """Return baselines by name. Raises ArgumentError for an unknown one, and where scipy is absent."""
    for name in names:
        if name not in BASELINES:
            raise ArgumentError("baselines", f"there is no {name!r}.", f"Use {', '.join(BASELINES)}.")
    if not names:
        return []
    try:
        from . import bilateral, levin
    except ImportError as error:
        raise ArgumentError("baselines", "need scipy.", "pip install 'huedot[evaluate]'") from error
    known = {"levin": levin.colorize, "bilateral": bilateral.colorize}
    return [Baseline(name, known[name]) for name in names]
