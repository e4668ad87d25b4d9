"""Photographs for training: a folder of images or tar shards, read at random places, cropped and batched."""

from __future__ import annotations

import io
import logging
import queue
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from huedot.protocol.errors import FileError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Entry:
    """Where an encoded image lies: a whole file, or a stretch of a tar."""

    path: Path
    offset: int
    size: int


class PhotographFolder:
    """Every image under a folder, those inside its tar files included, decoded when asked for."""

    def __init__(self, folder: Path) -> None:
        """Index the folder. Raises FileError where there is no image to train on."""
        self.entries = [entry for path in sorted(folder.rglob("*")) for entry in _entries(path)]
        if not self.entries:
            raise FileError(
                f"{folder} holds no photographs.", f"Give a folder of {', '.join(sorted(SUFFIXES))} or .tar."
            )

    def __len__(self) -> int:
        return len(self.entries)

    def read(self, index: int) -> NDArray[np.uint8]:
        """Decode one photograph: uint8 (H, W, 3), sRGB."""
        entry = self.entries[index]
        with entry.path.open("rb") as file:
            file.seek(entry.offset)
            data = file.read(entry.size)
        with Image.open(io.BytesIO(data)) as image:
            return np.asarray(image.convert("RGB"))


def _entries(path: Path) -> Iterator[_Entry]:
    if path.suffix.lower() in SUFFIXES:
        yield _Entry(path, 0, path.stat().st_size)
    elif path.suffix == ".tar":
        with tarfile.open(path) as tar:
            for member in tar:
                if Path(member.name).suffix.lower() in SUFFIXES:
                    yield _Entry(path, member.offset_data, member.size)


def crop_batch(folder: PhotographFolder, count: int, size: int, rng: np.random.Generator) -> torch.Tensor:
    """Return `count` random crops, uint8 (B, 3, size, size): scaled by 1 to 1.5, flipped half of the time."""
    source = round(size * rng.choice([1.0, 1.25, 1.5]))
    crops = [_crop(folder, source, rng) for _ in range(count)]
    batch = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)
    if source != size:
        batch = F.interpolate(batch.float(), (size, size), mode="bilinear", antialias=True).round().to(torch.uint8)
    return batch.contiguous()


def _crop(folder: PhotographFolder, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    photo = folder.read(int(rng.integers(len(folder))))
    short = min(photo.shape[:2])
    if short < size:  # a small photograph is enlarged: better blurred than never seen
        scale = size / short
        wanted = (max(size, round(photo.shape[1] * scale)), max(size, round(photo.shape[0] * scale)))
        photo = np.asarray(Image.fromarray(photo).resize(wanted, Image.Resampling.BICUBIC))
    y, x = (int(rng.integers(side - size + 1)) for side in photo.shape[:2])
    crop = photo[y : y + size, x : x + size]
    return crop[:, ::-1] if rng.random() < 0.5 else crop


class Prefetcher:
    """Makes batches on a thread, so that the network never waits for a decoder."""

    def __init__(self, folder: PhotographFolder, seed: int, ahead: int = 4) -> None:
        self._folder, self._rng = folder, np.random.default_rng(seed)
        self._wanted: queue.Queue[tuple[int, int]] = queue.Queue()
        self._ready: queue.Queue[torch.Tensor | BaseException] = queue.Queue()
        self._ahead, self._shape = ahead, (0, 0)
        threading.Thread(target=self._work, daemon=True, name="prefetch").start()

    def batch(self, count: int, size: int) -> torch.Tensor:
        """Return the next batch, uint8 (B, 3, size, size). Raises what reading raised."""
        if (count, size) != self._shape:  # a new phase of the schedule: what was made ahead does not fit
            for _ in range(self._ahead if self._shape != (0, 0) else 0):
                self._ready.get()
            self._shape = (count, size)
            for _ in range(self._ahead):
                self._wanted.put(self._shape)
        self._wanted.put(self._shape)
        made = self._ready.get()
        if isinstance(made, BaseException):
            raise made
        return made

    def _work(self) -> None:
        while True:
            shape = self._wanted.get()
            try:
                self._ready.put(crop_batch(self._folder, *shape, self._rng))
            except Exception as error:  # noqa: BLE001 - handed to the thread that waits for the batch
                self._ready.put(error)
