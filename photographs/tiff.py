"""TIFF files: every photometric interpretation, depth, layout and compression that tifffile reads, and a few more."""

from __future__ import annotations

import io
import itertools
import logging
import warnings
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import inks, kinds, metadata, plain
from .metadata import counted
from .raster import CHANNELS, Raster, Space, full_range, guessed_range, integers, inverted, straight
from .refusals import check_size, damaged, decoding, lacks, unsupported

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# The pages of a file that are looked through.
MOST_PAGES = 1000
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, SEPARATED, YCBCR = 0, 1, 2, 3, 5, 6
SPACES: dict[int, Space] = {
    WHITE_IS_ZERO: "gray",
    BLACK_IS_ZERO: "gray",
    RGB: "rgb",
    PALETTE: "rgb",
    SEPARATED: "cmyk",
    YCBCR: "rgb",
    inks.CIELAB: "lab",
    inks.ICCLAB: "lab",
}
# Photometric interpretations: color filter array, linear raw, depth.
RAW = {32803, 34892, 51177}
# Compressions of which JPEG is one kind or another.
JPEG = {6, 7, 33007, 34892}
WEBP = {34927, 50001}
COMPRESSIONS = {1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 34926, 50000, *JPEG, *WEBP, 33003, 33004, 33005, 34712, 34933}
# Whole pictures inside, which say their own size.
MEASURED = {*WEBP, 33003, 33004, 33005, 34712, 34933}
XMP, IPTC, PHOTOSHOP_LAYERS, CR2 = 700, 33723, 37724, b"CR"
LEFT_BEHIND = {XMP: "XMP", IPTC: "IPTC", PHOTOSHOP_LAYERS: "layers"}
# Kinds of alpha.
ASSOCIATED, UNASSOCIATED = 1, 2


def decode(file: IO[bytes], name: str) -> Raster:
    """Read the first page that is no reduced copy. Raises FileError or TooLarge."""
    try:
        import tifffile
    except ImportError as error:
        raise lacks(name, "a TIFF", "tifffile imagecodecs") from error
    # Damaged metadata, which tifffile tells of, harms no pixel.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    with decoding(name):
        head = file.read(16)
        file.seek(0)
        if head[8:10] == CR2:
            raise _raw(name)
        with tifffile.TiffFile(file) as tiff:
            page = _page(tiff.pages, name)
            raster = _raster(page, file, name)
            raster.dropped += _left_behind(tiff, page)
            return raster


def _page(pages: Any, name: str) -> Any:
    """Return the first page that is no reduced copy and no mask; where all are, the first."""
    for page in _all(pages):
        if not page.is_reduced and not page.is_mask:
            return page
    return pages[0]


def _all(pages: Any) -> Iterator[Any]:
    for page in itertools.islice(pages, MOST_PAGES):
        yield page
        # As cameras and scanners have it: a thumbnail, and the picture below.
        if page.is_reduced and page.subifds:
            yield from itertools.islice(page.pages, MOST_PAGES)


def _raster(page: Any, file: IO[bytes], name: str) -> Raster:
    photometric, space = _interpretation(page, name)
    colors = _channels(page, photometric, space)
    _check(page, colors, name)
    orientation, exif = _exif(page, file, name)
    if photometric == YCBCR and page.is_subsampled and page.compression not in JPEG:
        raster = _by_pillow(page, file, name)
    else:
        raster = _decoded(page, photometric, space, colors, name)
    raster.profile = bytes(page.iccprofile) if page.iccprofile else None
    raster.orientation, raster.exif, raster.dpi = orientation, exif, _dpi(page)
    return raster


def _interpretation(page: Any, name: str) -> tuple[int, Space]:
    photometric = int(page.photometric)
    if page.tags.get(262) is None and page.compression not in JPEG:
        photometric = RGB if page.samplesperpixel >= 3 else BLACK_IS_ZERO
    if photometric in RAW:
        raise _raw(name)
    if photometric not in SPACES:
        raise unsupported(name, f"a TIFF whose colors are {_said(page.photometric)}")
    if photometric == SEPARATED and page.tags.valueof(332, 1) != 1:
        raise unsupported(name, "a TIFF of other inks than cyan, magenta, yellow and black")
    return photometric, SPACES[photometric]


def _channels(page: Any, photometric: int, space: Space) -> int:
    lightness_alone = space == "lab" and page.samplesperpixel - len(page.extrasamples) == 1
    return 1 if photometric == PALETTE or lightness_alone else CHANNELS[space]


def _check(page: Any, colors: int, name: str) -> None:
    """Refuse, before memory is spent, what is too large, not whole or not supported."""
    kind = page.dtype
    width, height = page.imagewidth, page.imagelength
    check_size(name, width, height, page.samplesperpixel * (kind.itemsize if kind is not None else 1))
    if _bits(page) == 24:
        raise unsupported(name, "a TIFF of 24-bit samples, whose bytes programs put in different orders")
    if kind is None or kind.kind not in "buif" or isinstance(page.bitspersample, tuple):
        raise unsupported(name, f"a TIFF of samples of {_bits(page)} bits (format {_said(page.sampleformat)})")
    inside = _said(page.compression)
    if page.compression not in COMPRESSIONS or page.jpegheader is not None:
        raise unsupported(name, f"{_described(page)} with {inside} inside")
    in_webp = page.bitspersample == 8 and page.planarconfig == 1 and page.samplesperpixel in (3, 4)
    if page.compression in WEBP and not in_webp:
        raise unsupported(name, f"{_described(page)} with WebP inside")
    if page.compression in MEASURED and (page.samplesperpixel > 4 or kind not in (np.uint8, np.uint16)):
        raise unsupported(name, f"{_described(page)} of {page.samplesperpixel} channels with {inside} inside")
    if page.imagedepth != 1:
        raise unsupported(name, f"a TIFF of {page.imagedepth} layers of a volume")
    if page.samplesperpixel < colors:
        raise damaged(name, f"{page.samplesperpixel} channels instead of {colors}")
    if page.is_tiled:
        _check_tiles(page, name)
    _check_segments(page, name)


def _check_tiles(page: Any, name: str) -> None:
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    if min(page.tilewidth, page.tilelength, page.tiledepth) < 1:
        raise damaged(name, "tiles of no size")
    across, down = max(page.tilewidth, page.imagewidth), max(page.tilelength, page.imagelength)
    check_size(name, across, down, samples * page.dtype.itemsize * page.tiledepth)


def _check_segments(page: Any, name: str) -> None:
    """Refuse a file that ends before its pixels do, or whose parts are larger pictures than they claim."""
    size = page.parent.filehandle.size
    if len(page.dataoffsets) < int(np.prod(page.chunked)) or not page.databytecounts:
        raise damaged(name, "parts are missing")
    segments = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    if any(offset + count > size for offset, count in segments):
        raise damaged(name, "it ends before its pixels do")
    if page.compression == 1 and page.is_contiguous and sum(page.databytecounts) < page.nbytes * _bits(page) // 64:
        raise damaged(name, "it ends before its pixels do")
    if page.compression in MEASURED:
        _check_pictures_inside(page, segments, name)


def _check_pictures_inside(page: Any, segments: list[tuple[int, int]], name: str) -> None:
    """Refuse pictures inside that say of themselves that they are larger than the parts of the page."""
    length, width = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
    for offset, count in segments:
        page.parent.filehandle.seek(offset)
        with Image.open(io.BytesIO(page.parent.filehandle.read(count))) as part:
            if part.width > width or part.height > length:
                raise damaged(name, "a part of it is larger than it claims")


def _decoded(page: Any, photometric: int, space: Space, colors: int, name: str) -> Raster:
    values = _values(page, name)
    bits = 1 if values.dtype == bool else _bits(page)
    values = values.view(np.uint8) if values.dtype == bool else values
    if values.dtype.kind == "i" and space != "lab" and values.min() < 0:
        raise unsupported(name, f"{_described(page)} of signed samples, some negative: it does not say which is black")
    kinds = [int(kind) for kind in page.extrasamples][: values.shape[2] - colors]
    at = next((colors + i for i, kind in enumerate(kinds) if kind in (ASSOCIATED, UNASSOCIATED)), None)
    alpha = None if at is None else integers(_uniform(values[..., at], bits))
    samples = _colors(page, values[..., :colors], photometric, bits, name)
    if at is not None and alpha is not None and kinds[at - colors] == ASSOCIATED and space != "lab":
        samples = straight(samples, alpha)
    if photometric == WHITE_IS_ZERO:
        samples = inverted(samples)
    raster = Raster(space, samples, alpha)
    if extra := values.shape[2] - colors - (at is not None):
        raster.dropped.append(counted(extra, "extra channel"))
    return raster


def _colors(page: Any, values: NDArray[Any], photometric: int, bits: int, name: str) -> NDArray[Any]:
    if photometric == PALETTE:
        return _painted(values[..., 0], page.colormap, name)
    if photometric in (inks.CIELAB, inks.ICCLAB):
        return inks.lab(values, bits, photometric)
    samples = _uniform(values, bits)
    # JPEG's decoder has converted it.
    if photometric == YCBCR and page.compression not in JPEG:
        return inks.from_ycbcr(samples, page.tags.valueof(529), page.tags.valueof(532), bits)
    return samples


def _values(page: Any, name: str) -> NDArray[Any]:
    """Return the samples as they are stored, (H, W, channels)."""
    try:
        values = page.asarray(squeeze=False)
    except MemoryError:
        raise
    except NotImplementedError as error:
        raise unsupported(name, f"{_described(page)} with {_said(page.compression)} inside ({error})") from error
    except Exception as error:
        what = f"its {_said(page.compression)} data cannot be decoded: {error}"
        raise damaged(name, what) from error
    return np.moveaxis(values[:, 0], 0, -1)[..., 0, :] if page.planarconfig == 2 else values[0, 0]


def _uniform(values: NDArray[Any], bits: int) -> NDArray[Any]:
    return full_range(values, bits) if values.dtype.kind == "u" else guessed_range(values)


def _painted(indices: NDArray[Any], palette: NDArray[np.uint16] | None, name: str) -> NDArray[np.uint8]:
    """Return the colors (H, W, 3) of a palette (3, N)."""
    if palette is None or palette.ndim != 2 or int(indices.max()) >= palette.shape[1]:
        raise damaged(name, "its palette has too few colors")
    # Some programs write 8.
    in_sixteen_bits = palette.max() > 255
    return (palette >> 8 if in_sixteen_bits else palette).astype(np.uint8).T[indices]


def _by_pillow(page: Any, file: IO[bytes], name: str) -> Raster:
    """Read what libtiff alone does: colors with less of them than of lightness, outside of JPEG."""
    if page.bitspersample != 8 or page.index != 0:
        raise unsupported(name, f"{_described(page)} with fewer samples of color than of lightness")
    file.seek(0)
    return plain.decode(file, name)


def _exif(page: Any, file: IO[bytes], name: str) -> tuple[Any, bytes]:
    found: Any = Image.Exif()
    try:
        with warnings.catch_warnings():
            # Pillow warns of tags that are no EXIF.
            warnings.simplefilter("ignore")
            file.seek(0)
            found.load_from_fp(file)
            file.seek(page.offset)
            # The page's own tags.
            found._info.load(file)
    except Exception:  # noqa: BLE001 - what damaged EXIF makes Pillow raise is in no list
        found = Image.Exif()
    return page.tags.valueof(274), metadata.kept(found, name)[1]


def _dpi(page: Any) -> tuple[float, float] | None:
    try:
        across, down = page.resolution
        scale = {2: 1.0, 3: 2.54}[int(page.resolutionunit)]
        return metadata.resolution((across * scale, down * scale))
    except Exception:  # noqa: BLE001 - damaged tags
        return None


def _left_behind(tiff: Any, page: Any) -> list[str]:
    pages = (each for each in itertools.islice(tiff.pages, MOST_PAGES) if not each.is_reduced and not each.is_mask)
    others = sum(each.offset != page.offset for each in pages)
    dropped = [counted(others, "more page")] if others > 0 else []
    return dropped + [words for tag, words in LEFT_BEHIND.items() if page.tags.get(tag) is not None]


def _raw(name: str) -> Exception:
    return unsupported(name, kinds.CAMERA, kinds.DEVELOP)


def _bits(page: Any) -> int:
    bits = page.bitspersample
    return max(bits) if isinstance(bits, tuple) else int(bits)


def _described(page: Any) -> str:
    layout = "planar " if page.planarconfig == 2 and page.samplesperpixel > 1 else ""
    return f"a {layout}{_bits(page)}-bit TIFF"


def _said(value: Any) -> str:
    """Return the name of one of tifffile's numbered values."""
    return str(getattr(value, "name", value))
