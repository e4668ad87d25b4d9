"""The flattened picture of a Photoshop document, of 8, 16 or 32 bits, small (PSD) or large (PSB)."""

from __future__ import annotations

import struct
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import metadata
from .inks import ICCLAB, lab
from .metadata import counted
from .profiles import SRGB_XY, encoded_as, library
from .raster import CHANNELS, Raster, Space, integers
from .refusals import check_size, damaged, decoding, unsupported

MAGIC = b"8BPS"
# Color spaces by mode; 8 is duotone, read as gray.
SPACES: dict[int, Space] = {1: "gray", 3: "rgb", 4: "cmyk", 8: "gray", 9: "lab"}
KINDS = {8: ">u1", 16: ">u2", 32: ">f4"}
# Numbers of resources.
PROFILE, RESOLUTION, EXIF, XMP, IPTC = 1039, 1005, 1058, 1060, 1028
# Ways to store pixels.
RAW, PACKED = 0, 1
# The gamma of 32 bits, without a profile.
LINEAR = 1.0


class _Header(NamedTuple):
    large: bool
    channels: int
    height: int
    width: int
    bits: int
    mode: int


def is_deep(head: bytes) -> bool:
    """Whether the first 26 bytes are those of a document that Pillow does not read: of 16 or 32 bits, or large."""
    return head[:4] == MAGIC and len(head) == 26 and (head[4:6] != b"\0\1" or head[22:24] in (b"\0\x10", b"\0\x20"))


def decode(file: IO[bytes], name: str) -> Raster:
    """Read the flattened picture. Raises FileError or TooLarge."""
    with decoding(name):
        version, channels, height, width, bits, mode = struct.unpack(">4xH6xHIIHH", file.read(26))
        header = _Header(version == 2, channels, height, width, bits, mode)
        space = _checked(header, name)
        # Skipped are a palette, or duotone's inks.
        file.seek(_length(file, ">I"), 1)
        resources = _resources(file.read(_length(file, ">I")))
        layers = _layers(file, header.large)
        planes = _planes(file, header, name)
    raster = _raster(planes, space, layers < 0, header, name)
    raster.profile = resources.get(PROFILE) or _linear(header, space, name)
    raster.dpi, (_, raster.exif) = _dpi(resources), _exif(resources, name)
    raster.dropped += [counted(abs(layers), "layer")] if abs(layers) > 1 else []
    raster.dropped += [word for kind, word in ((XMP, "XMP"), (IPTC, "IPTC")) if kind in resources]
    return raster


def _checked(header: _Header, name: str) -> Space:
    check_size(name, header.width, header.height, header.channels * max(1, header.bits // 8))
    space = SPACES.get(header.mode)
    if space is None or header.bits not in KINDS:
        raise unsupported(name, f"a Photoshop document of {header.bits} bits in color mode {header.mode}")
    if header.channels < CHANNELS[space]:
        raise damaged(name, f"{header.channels} channels instead of {CHANNELS[space]}")
    return space


def _length(file: IO[bytes], form: str) -> int:
    return int(struct.unpack(form, file.read(struct.calcsize(form)))[0])


def _resources(data: bytes) -> dict[int, bytes]:
    """Return the resources, by their numbers: each is 8BIM, number, name, length, data, the last two padded."""
    found, at = {}, 0
    while data[at : at + 4] == b"8BIM":
        number, length = struct.unpack_from(">HB", data, at + 4)
        at += 6 + (length + 2) // 2 * 2
        (size,) = struct.unpack_from(">I", data, at)
        found[number] = data[at + 4 : at + 4 + size]
        at += 4 + (size + 1) // 2 * 2
    return found


def _layers(file: IO[bytes], large: bool) -> int:
    """Skip the layers; returns how many there are, negative if the first channel beyond the colors is alpha."""
    form = ">Q" if large else ">I"
    size = _length(file, form)
    end = file.tell() + size
    count = 0
    if size > struct.calcsize(form) and _length(file, form) >= 2:
        count = _length(file, ">h")
    file.seek(end)
    return count


def _planes(file: IO[bytes], header: _Header, name: str) -> NDArray[Any]:
    """Return the channels (N, H, W) as they are stored."""
    stored, kind = _length(file, ">H"), np.dtype(KINDS[header.bits])
    row, shape = header.width * kind.itemsize, (header.channels, header.height, header.width)
    rows = header.channels * header.height
    if stored == RAW:
        data = file.read(rows * row)
    elif stored == PACKED:
        counts = np.frombuffer(file.read(rows * (4 if header.large else 2)), ">u4" if header.large else ">u2")
        unpack = library(name, "a packed Photoshop document").packbits_decode
        data = b"".join(bytes(unpack(file.read(int(count)))[:row]) for count in counts)
    else:
        raise unsupported(name, f"a Photoshop document stored in way {stored}")
    if len(data) < rows * row:
        raise damaged(name, "it ends before its pixels do")
    return np.frombuffer(data, kind).reshape(shape)


def _raster(planes: NDArray[Any], space: Space, has_alpha: bool, header: _Header, name: str) -> Raster:
    native = np.moveaxis(planes, 0, -1).astype(planes.dtype.newbyteorder("="))
    colors = CHANNELS[space]
    samples, extra = native[..., :colors], header.channels - colors
    alpha = integers(native[..., colors]) if has_alpha and extra else None
    if space == "lab":
        samples = lab(samples, header.bits, ICCLAB)
    # Photoshop stores paper, not ink.
    elif space == "cmyk":
        samples = 1 - samples if header.bits == 32 else np.invert(samples)
    others = extra - (alpha is not None)
    return Raster(space, samples, alpha, dropped=[counted(others, "extra channel")] if others else [])


def _linear(header: _Header, space: Space, name: str) -> bytes | None:
    in_light = header.bits == 32 and space in ("gray", "rgb")
    return encoded_as(LINEAR, SRGB_XY, space, name) if in_light else None


def _dpi(resources: dict[int, bytes]) -> tuple[float, float] | None:
    found = resources.get(RESOLUTION, b"")
    if len(found) < 16:
        return None
    across, down = struct.unpack_from(">I", found, 0)[0] / 65536, struct.unpack_from(">I", found, 8)[0] / 65536
    return metadata.resolution((across, down))


def _exif(resources: dict[int, bytes], name: str) -> tuple[Any, bytes]:
    exif = Image.Exif()
    try:
        exif.load(resources.get(EXIF, b""))
    except Exception:  # noqa: BLE001 - what damaged EXIF makes Pillow raise is in no list
        exif = Image.Exif()
    return metadata.kept(exif, name)
