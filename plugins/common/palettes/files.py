"""Files of palettes: GIMP's .gpl and Krita's .kpl."""

from __future__ import annotations

from pathlib import Path

from ..errors import ArgumentError, FileError, TooLarge
from ..paths import write_whole
from . import gpl, kpl
from .palette import Palette

ENDINGS = (".gpl", ".kpl")
# Bytes of a file, and colors in it.
MOST_BYTES = 4 << 20
MOST_COLORS = 10_000
ARCHIVE = b"PK\x03\x04"


def read_palette(path: Path) -> Palette:
    """Read a palette, whose kind its contents tell; raises FileError and TooLarge, which name the file."""
    data = _read(path)
    if data.startswith(ARCHIVE):
        palette = kpl.parse(data, str(path), path.stem)
    elif data.removeprefix(b"\xef\xbb\xbf").startswith(gpl.SIGNATURE.encode()):
        palette = gpl.parse(_text(data), str(path), path.stem)
    else:
        raise FileError(f"{path} is neither a palette of GIMP's nor of Krita's.", "Save it as .gpl or .kpl there.")
    if len(palette.colors) > MOST_COLORS:
        raise TooLarge(f"{path} holds {len(palette.colors)} colors; {MOST_COLORS} are allowed.", "Use a smaller one.")
    if not palette.colors:
        why = "that can be told in sRGB" if palette.left_out else "at all"
        raise FileError(f"{path} holds no color {why}.", "Choose another palette.")
    return palette


def write_palette(path: Path, palette: Palette) -> None:
    """Write a palette, in the kind that the file's ending tells, whole or not at all; raises its errors."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ArgumentError("file", f"{path} ends with neither .gpl nor .kpl.", "Choose one of these endings.")
    write_whole(path, kpl.written(palette) if ending == ".kpl" else gpl.written(palette).encode("utf-8"))


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            what = "is not a file" if path.exists() else "is not there"
            raise FileError(f"{path} {what}.", "Check the path.")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
    if len(data) > MOST_BYTES:
        raise TooLarge(f"{path} is larger than {MOST_BYTES >> 20} MiB.", "Use a palette of fewer colors.")
    return data


def _text(data: bytes) -> str:
    """Return a text in UTF-8, or, as programs of the nineties wrote it, in Latin-1."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
