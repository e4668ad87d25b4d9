"""What the verbs that look at a photograph have in common: the photograph, its hints, and whom to ask about them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from huedot.daemon.files.hints import read_hints, read_mask
from huedot.daemon.files.pictures import Picture
from huedot.photographs import Photograph, left_behind, read_photograph
from huedot.protocol.client import Client, Progress
from huedot.protocol.messages import Hints, Rectangle, Region

from .options import add_json, add_model, model_of
from .terminal import complain


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Declare the photograph, its hints, the model, and where to compute."""
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="the photograph; of one in color, its lightness")
    parser.add_argument(
        "--hints",
        type=Path,
        action="append",
        default=[],
        metavar="HINTS",
        help="a transparent PNG of the photograph's size, or a JSON file of dots; given again, the later lies on top",
    )
    parser.add_argument(
        "--region",
        type=Path,
        nargs="+",
        action="append",
        default=[],
        metavar=("MASK", "HINTS"),
        help="a picture, white where the region is, and its own hints; given again, the later lies on top",
    )
    add_model(parser)
    parser.add_argument("--no-daemon", action="store_true", help="compute in this process; start no daemon")
    add_json(parser)


def files_of(arguments: argparse.Namespace) -> list[Path]:
    """Return the files that are read, and must not be written."""
    return [arguments.photo, *arguments.hints, *chain.from_iterable(arguments.region)]


@dataclass(frozen=True)
class Inputs:
    """A photograph and the layer of its hints, uint8 (H, W, 4), read and checked, before anybody is asked.

    regions: the mask, uint8 (H, W), and the layer of each, bottom-up.
    """

    photograph: Photograph
    layer: Picture
    regions: list[tuple[Picture, Picture]]
    model: str | None
    daemon: bool

    @staticmethod
    def of(arguments: argparse.Namespace) -> Inputs:
        """Read the files. Raises FileError, ArgumentError or TooLarge."""
        photograph = read_photograph(arguments.photo)
        height, width = photograph.rgb.shape[:2]
        layer = _read_layer(arguments.hints, width, height)
        regions = [(read_mask(mask, width, height), _read_layer(own, width, height)) for mask, *own in arguments.region]
        return Inputs(photograph, layer, regions, model_of(arguments), not arguments.no_daemon)

    def hints(self, client: Client) -> Hints:
        """Return the hints as the protocol takes them, the masks sent."""
        regions = [_region(client, mask, own) for mask, own in self.regions]
        return Hints(*_painted(self.layer), model=self.model, regions=regions)

    def above(self, beneath: Picture, hints: Hints) -> Hints:
        """Return hints that `hints` returned, with another layer under them."""
        layer, pixels = _painted(overlay(beneath, self.layer))
        return hints._replace(layer=layer, pixels=pixels)

    @contextmanager
    def opened(self, progress: Progress) -> Iterator[tuple[Client, str]]:
        """Connect, and open the photograph; yields the client and the image's id."""
        progress("connecting" if self.daemon else "loading the network", None)
        with client_for(self.daemon) as client:
            height, width = self.photograph.rgb.shape[:2]
            yield client, client.open_image(self.photograph.rgb.tobytes(), width, height, 3, self.model, progress)


def _read_layer(paths: Sequence[Path], width: int, height: int) -> Picture:
    """Read files of hints, each above those before it."""
    layer = np.zeros((height, width, 4), np.uint8)
    for path in paths:
        layer = overlay(layer, read_hints(path, width, height))
    return layer


def _region(client: Client, mask: Picture, layer: Picture) -> Region:
    """Send a region's mask; returns the region as the protocol takes it."""
    x, y, width, height = area = _bounds(mask)
    identity = client.mask(np.ascontiguousarray(mask[y : y + height, x : x + width]).data, width, height)
    return Region(identity, area, *_painted(layer))


def _painted(layer: Picture) -> tuple[list[Rectangle], bytes]:
    """Return the parts of a layer on which something is painted, and their pixels."""
    if not layer[..., 3].any():
        return [], b""
    x, y, width, height = area = _bounds(layer[..., 3])
    return [area], layer[y : y + height, x : x + width].tobytes()


def _bounds(plane: Picture) -> Rectangle:
    """Return the smallest rectangle that holds all that is not 0 in a plane (H, W), which has such."""
    rows, columns = (np.flatnonzero(plane.any(axis)) for axis in (1, 0))
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def complain_of_loss(photograph: Photograph, output: Path) -> None:
    """Say what of the photograph's file its colored picture does not have."""
    if dropped := left_behind(photograph, output):
        complain(f"{photograph.path}: not carried over: {', '.join(dropped)}.")


def overlay(lower: Picture, upper: Picture) -> Picture:
    """Lay one layer of hints over another."""
    return np.where(upper[..., 3:] >= np.maximum(lower[..., 3:], 1), upper, lower)


def client_for(daemon: bool) -> Client:
    """Return a client of the daemon, which is started if none runs, or one that computes in this process."""
    if not daemon:
        from huedot.daemon.computing.local import LocalClient

        return LocalClient()
    from importlib.metadata import version

    from huedot.daemon.serving import lifecycle
    from huedot.daemon.serving.client import Client as DaemonClient

    lifecycle.start()
    return DaemonClient("huedot", version("huedot"))
