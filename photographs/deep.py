"""Pictures of 16 bits as PNG and TIFF: Pillow writes these of 8 alone."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

# Inches in one meter.
METERS = 1 / 0.0254
SHORT, INCH, RGB, UNASSOCIATED, NO_COMPRESSION = 3, 2, 2, 2, 1
# The length of a PNG's signature and of its first chunk.
HEADER_ENDS = 33
# The level of zlib: noise of 16 bits is not worth more.
QUICK = 1


def png(samples: NDArray[np.uint16], profile: bytes, options: dict[str, Any]) -> memoryview:
    """Return a PNG of samples (H, W, 3 or 4); options: exif and dpi, as Pillow takes them."""
    import imagecodecs

    chunks = [_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile))]
    if dpi := options.get("dpi"):
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", *(round(each * METERS) for each in dpi), 1)))
    if exif := options.get("exif"):
        chunks.append(_chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")))
    encoded = bytes(imagecodecs.png_encode(np.ascontiguousarray(samples), level=QUICK))
    return memoryview(b"".join([encoded[:HEADER_ENDS], *chunks, encoded[HEADER_ENDS:]]))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tiff(samples: NDArray[np.uint16], profile: bytes, options: dict[str, Any]) -> memoryview:
    """Return a TIFF of samples (H, W, 3 or 4); options: exif and dpi, as Pillow takes them."""
    height, width, channels = samples.shape
    tags = ImageFileDirectory_v2()
    exif = Image.Exif()
    exif.load(options.get("exif", b""))
    for tag in exif:
        tags[tag] = exif[tag]
    for folder in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        if values := exif.get_ifd(folder):
            tags[folder] = values
    tags[ExifTags.Base.ImageWidth], tags[ExifTags.Base.ImageLength] = width, height
    tags[ExifTags.Base.BitsPerSample] = (16,) * channels
    tags[ExifTags.Base.Compression] = NO_COMPRESSION
    tags[ExifTags.Base.PhotometricInterpretation] = RGB
    tags[ExifTags.Base.SamplesPerPixel] = channels
    tags[ExifTags.Base.RowsPerStrip] = height
    tags[ExifTags.Base.StripByteCounts] = samples.nbytes
    # The length of all this is added to it as it is written.
    tags[ExifTags.Base.StripOffsets] = 0
    if channels == 4:
        tags[ExifTags.Base.ExtraSamples] = UNASSOCIATED
    if dpi := options.get("dpi"):
        tags[ExifTags.Base.XResolution], tags[ExifTags.Base.YResolution] = dpi
        tags[ExifTags.Base.ResolutionUnit] = INCH
    tags[ExifTags.Base.InterColorProfile] = profile
    tags.tagtype[ExifTags.Base.InterColorProfile] = 7
    encoded = io.BytesIO()
    tags.save(encoded)
    encoded.write(np.ascontiguousarray(samples, "<u2").data)
    return encoded.getbuffer()


ENCODERS: dict[str, Callable[[NDArray[np.uint16], bytes, dict[str, Any]], memoryview]] = {"PNG": png, "TIFF": tiff}
