"""Why a file is not read: each refusal names the file, the true reason, and what to do."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huedot.protocol.errors import FileError, HueDotError, TooLarge

KINDS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}
# The pixels on a side that a photograph has at least.
SMALLEST = 8
MOST_PIXELS = 1 << 26
# The most bytes of samples, as a file has them: 67 million pixels of four channels of 32 bits.
MOST_BYTES = 1 << 30
SAVE_AS = "Save it as a PNG, JPEG or TIFF of 8 or 16 bits."


def check_size(name: str, width: int, height: int, sample_bytes: int = 1) -> None:
    """Refuse a picture too small or too large; sample_bytes: of a pixel. Raises FileError or TooLarge."""
    if width * height > MOST_PIXELS:
        raise too_large(name, f"{width} x {height} pixels")
    if min(width, height) < SMALLEST:
        what = f"{name} has {width} x {height} pixels; a photograph has at least {SMALLEST} x {SMALLEST}."
        raise FileError(what, "Use a larger one.")
    if width * height * sample_bytes > MOST_BYTES:
        raise TooLarge(
            f"{name} has {sample_bytes} bytes for each of its {width} x {height} pixels, which do not fit in memory.",
            "Reduce it, or save it with fewer channels, first.",
        )


def check_kind(path: Path) -> None:
    """Raise FileError for what is no file, before it is opened: a pipe that nobody writes to is waited for for ever."""
    try:
        mode = path.stat().st_mode
    # Whoever opens it says why.
    except (OSError, ValueError):
        return
    for is_kind, kind in KINDS.items():
        if is_kind(mode):
            raise FileError(f"{path} is {kind}.", "Give a picture in a file.")


def too_large(name: str, what: str) -> TooLarge:
    """Return the refusal of a picture of too many pixels."""
    return TooLarge(f"{name} has {what}; at most {MOST_PIXELS / 1e6:.0f} million can be colored.", "Reduce it first.")


def damaged(name: str, why: object) -> FileError:
    """Return the refusal of a file that is not whole."""
    # Some libraries go on with advice to programmers.
    reason = str(why).partition("\n")[0].rstrip(". ")
    return FileError(f"{name} is damaged or cut short ({reason}).", "Get a whole copy of it.")


def unsupported(name: str, what: str, remedy: str = SAVE_AS) -> FileError:
    """Return the refusal of a file that is whole, but of a kind that is not read: `what` is that kind."""
    return FileError(f"{name} is {what}, which is not supported.", remedy)


def lacks(name: str, what: str, library: str) -> FileError:
    """Return the refusal of a file that a library would read which is not installed."""
    return FileError(f"{name} is {what}; reading it takes {library}.", f"Run: pip install {library}")


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Turn what damaged data makes decoders raise into our errors."""
    try:
        yield
    except HueDotError:
        raise
    except MemoryError as error:
        raise too_large(name, "more pixels than memory holds") from error
    # What damaged data makes decoders raise is in no list.
    except Exception as error:
        raise damaged(name, error) from error
