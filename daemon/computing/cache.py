"""The photographs that the daemon holds: opened once by content, dropped when memory runs short."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from huedot.model import Mask, Photo, Reference
from huedot.model.tiles import Shown
from huedot.protocol.errors import ImageUnknown

# Each is 1.3 kB.
MAX_REFERENCES = 64
# One part in so many of the memory for photographs, which masks may take beside them.
MASKS_SHARE = 4
# Results of a photograph that a client may name in `since`; each is under 1 MB.
MAX_RESULTS = 8


@dataclass
class CachedPhoto:
    """A photograph, and what its latest results show, by the results' ids."""

    photo: Photo
    shown: OrderedDict[str, Shown] = field(default_factory=OrderedDict)

    @property
    def nbytes(self) -> int:
        """The memory that it takes now, in bytes: it grows with use."""
        return self.photo.nbytes + sum(shown.nbytes for shown in self.shown.values())


class HeldMask(NamedTuple):
    """A region's mask as it was sent, of a shape (h, w), lying at the photograph's upper left corner."""

    shape: tuple[int, ...]
    mask: Mask


class PhotoCache:
    """Photographs by content hash and model, the least recently used dropped first; references and masks by hash."""

    def __init__(self, capacity_bytes: int) -> None:
        """Hold photographs of `capacity_bytes` together, and always the latest one."""
        self.capacity_bytes = capacity_bytes
        self._photos: OrderedDict[tuple[str, str], CachedPhoto] = OrderedDict()
        self._references: OrderedDict[str, Reference] = OrderedDict()
        self._masks: OrderedDict[str, HeldMask] = OrderedDict()

    def __len__(self) -> int:
        return len(self._photos)

    @property
    def bytes(self) -> int:
        """The memory that all photographs take now."""
        return sum(held.nbytes for held in self._photos.values())

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._photos

    def photo(self, image: str, model: str) -> Photo:
        """Return a photograph; raises ImageUnknown."""
        if (image, model) not in self._photos:
            raise ImageUnknown("The daemon does not hold this image.", "Send it again with open_image.")
        self._photos.move_to_end((image, model))
        return self._photos[image, model].photo

    def shown(self, image: str, model: str, result: str | None) -> Shown | None:
        """Return what a result of a photograph shows, if that is still known."""
        return self._photos[image, model].shown.get(result or "")

    def remember(self, image: str, model: str, result: str, shown: Shown) -> None:
        """Keep what a result shows, among the latest few of its photograph."""
        results = self._photos[image, model].shown
        results[result] = shown
        while len(results) > MAX_RESULTS:
            results.popitem(last=False)
        self._make_room()

    def add(self, image: str, model: str, photo: Photo) -> None:
        """Hold a photograph, and drop others until all fit."""
        self.drop(image, model)
        self._photos[image, model] = CachedPhoto(photo)
        self._make_room()

    def _make_room(self) -> None:
        while len(self._photos) > 1 and self.bytes > self.capacity_bytes:
            self.drop(*next(iter(self._photos)))

    def drop(self, image: str, model: str) -> bool:
        """Forget a photograph; returns whether it was held."""
        return self._photos.pop((image, model), None) is not None

    def drop_model(self, model: str) -> None:
        """Forget the photographs that were opened with a network."""
        for key in [key for key in self._photos if key[1] == model]:
            self.drop(*key)

    def close(self, image: str) -> bool:
        """Forget an image, opened for whatever model; returns whether it was held."""
        held = [key for key in self._photos if key[0] == image]
        for key in held:
            self.drop(*key)
        return bool(held)

    def reference(self, histogram: str) -> Reference:
        """Return a reference; raises ImageUnknown."""
        if histogram not in self._references:
            raise ImageUnknown("The daemon does not hold this reference.", "Send it again with histogram.")
        self._references.move_to_end(histogram)
        return self._references[histogram]

    def add_reference(self, histogram: str, reference: Reference) -> None:
        """Hold a reference."""
        self._references[histogram] = reference
        while len(self._references) > MAX_REFERENCES:
            self._references.popitem(last=False)

    def mask(self, identity: str) -> HeldMask:
        """Return a region's mask; raises ImageUnknown."""
        if identity not in self._masks:
            raise ImageUnknown("The daemon does not hold this region.", "Send it again with mask.")
        self._masks.move_to_end(identity)
        return self._masks[identity]

    def add_mask(self, identity: str, held: HeldMask) -> None:
        """Hold a region's mask, and drop others until all fit."""
        self._masks[identity] = held
        most = self.capacity_bytes // MASKS_SHARE
        while len(self._masks) > 1 and sum(each.mask.pixels.nbytes for each in self._masks.values()) > most:
            self._masks.popitem(last=False)

    def clear(self) -> None:
        """Forget all photographs; references and masks, which no network made, stay."""
        self._photos.clear()
