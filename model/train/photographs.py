"""Photographs for training: a folder of images or tar shards, of which crops are read from random places."""

from __future__ import annotations

import io
import logging
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huedot.photographs import read
from huedot.protocol.errors import FileError, HueDotError, TooLarge

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}
# Larger photographs are shrunk until their short side is this, as in the paper: a crop must show things.
SIDE = 256
# The size of what is cut out of the photograph, in relation to the crop.
LARGEST_SCALE = 1.5
# Levels that the channels of a gray photograph differ by at most.
GRAY = 4
# Photographs in a row that may be of no use before the run ends.
TRIES = 100
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where an encoded image lies: a whole file, or a stretch of a tar."""

    path: Path
    name: str
    offset: int
    size: int


class PhotographFolder:
    """Every image under a folder, those inside its tar files included, decoded when asked for."""

    def __init__(self, folder: Path) -> None:
        """Index the folder. Raises FileError where there is no image to train on."""
        # Photographs that have turned out not to be of use, and why.
        self.useless: dict[int, HueDotError] = {}
        self.entries = [entry for path in sorted(folder.rglob("*")) for entry in _entries(path)]
        if not self.entries:
            raise FileError(
                f"{folder} holds no photographs.", f"Give a folder of {', '.join(sorted(SUFFIXES))} or .tar."
            )

    def __len__(self) -> int:
        return len(self.entries)

    def read(self, index: int) -> Image.Image:
        """Decode one photograph: upright, sRGB, its short side at most 256. Raises FileError or TooLarge."""
        entry = self.entries[index]
        with entry.path.open("rb") as file:
            file.seek(entry.offset)
            data = file.read(entry.size)
        image = _shrunk(read(io.BytesIO(data), entry.path / entry.name if entry.offset else entry.path, SIDE).rgb)
        if _is_gray(image):
            raise FileError(f"{entry.path} ({entry.name}) is gray.", "Take it out: it teaches no color.")
        return image


def _entries(path: Path) -> Iterator[_Entry]:
    if path.suffix.lower() in SUFFIXES:
        yield _Entry(path, path.name, 0, path.stat().st_size)
    elif path.suffix == ".tar":
        try:
            with tarfile.open(path) as tar:
                for member in tar:
                    if Path(member.name).suffix.lower() in SUFFIXES:
                        yield _Entry(path, member.name, member.offset_data, member.size)
        except tarfile.TarError as error:
            raise FileError(f"{path} is damaged, or no tar file ({error}).", "Take it out of the folder.") from error


def _shrunk(rgb: NDArray[np.uint8]) -> Image.Image:
    """Return a photograph whose short side is at most SIDE."""
    image = Image.fromarray(rgb)
    scale = SIDE / min(image.size)
    if scale < 1:
        image.thumbnail((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    return image


def _is_gray(image: Image.Image) -> bool:
    sample = np.asarray(image.resize((16, 16), Image.Resampling.NEAREST)).astype(np.int16)
    return int(np.ptp(sample, axis=2).max()) <= GRAY


def crop(folder: PhotographFolder, size: int, photograph: int, seed: tuple[int, ...]) -> NDArray[np.uint8]:
    """Cut a random square out of a photograph, uint8 (size, size, 3): scaled by 1 to 1.5, flipped half of the time.

    photograph: its place in the order of the run, which is reshuffled for each time through the folder. One that
    is of no use is logged, and the next one taken. The same arguments give the same crop. Raises FileError.
    """
    rng = np.random.default_rng(seed)
    image = _usable(folder, photograph, seed[0])
    # A small photograph is enlarged: better than unseen.
    side = min(size * rng.uniform(1, LARGEST_SCALE), *image.size)
    left, top = (rng.uniform(0, extent - side) for extent in image.size)
    box = (left, top, left + side, top + side)
    pixels = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box))
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels


@lru_cache(2)
def order(count: int, seed: int, again: int) -> NDArray[np.int64]:
    """Return the order in which `count` photographs are used: another one each time `again`."""
    return np.random.default_rng((seed, again)).permutation(count)


def _usable(folder: PhotographFolder, photograph: int, seed: int) -> Image.Image:
    for place in range(photograph, photograph + TRIES):
        again, position = divmod(place, len(folder))
        index = int(order(len(folder), seed, again)[position])
        if index not in folder.useless:
            try:
                return folder.read(index)
            except (FileError, TooLarge) as error:
                folder.useless[index] = error
                log.info("%s", error)
    raise folder.useless[index]
