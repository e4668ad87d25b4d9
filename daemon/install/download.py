"""Downloading a file, and going on with one that was cut. Ours, for pooch and its kind start over after every cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huedot.protocol.client import Progress
from huedot.protocol.errors import HueDotError
from huedot.protocol.paths import write_whole

PIECE = 1 << 18  # bytes
# Seconds without a byte.
TIMEOUT = 30
OK, PARTIAL, BEYOND_ITS_END = 200, 206, 416
KEPT = "Fetch again: what has come is kept."
INSTEAD = "Try another file of huedot weights list, or import one you have: huedot weights import FILE"


class DownloadFailed(HueDotError):
    """A server that cannot be reached, refuses, sends too much, or stopped half-way; then what has come is kept."""


def download(url: str, path: Path, limit: int, progress: Progress) -> None:
    """Bring a file of at most `limit` bytes to `path`, or the part of it that `path` lacks.

    It goes on only with what the server says is the same file still (its ETag or date, kept beside the part): two
    halves of different files would otherwise be one. Raises `DownloadFailed`, and OSError where the disk fails.
    """
    have = path.stat().st_size if path.exists() else 0
    tag = _tag(path).read_text("utf-8") if have and _tag(path).exists() else ""
    if have and not tag:
        forget(path)
        have = 0
    with _answer(url, {"Range": f"bytes={have}-", "If-Range": tag} if have else {}) as answer:
        if answer.status_code == BEYOND_ITS_END and answer.headers.get("Content-Range") == f"bytes */{have}":
            # It was whole already.
            return
        if answer.status_code == BEYOND_ITS_END:
            forget(path)
            raise DownloadFailed(f"{url} has changed meanwhile.", "Fetch again, from the beginning.")
        if answer.status_code == PARTIAL and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            forget(path)
            raise DownloadFailed(f"{url} sent another part than was asked for.", "Fetch again, from the beginning.")
        if answer.status_code not in (OK, PARTIAL):
            raise DownloadFailed(f"{url} answered {answer.status_code} {answer.reason}.", INSTEAD)
        if not _take(answer, path, have if answer.status_code == PARTIAL else 0, limit, progress):
            forget(path)
            raise DownloadFailed(f"{url} sends more than the {limit / 1e6:.0f} MB that {path.name} may have.", INSTEAD)


def forget(path: Path) -> None:
    """Remove a download, whole or in part."""
    path.unlink(missing_ok=True)
    _tag(path).unlink(missing_ok=True)


def _tag(path: Path) -> Path:
    return path.with_name(f"{path.name}.tag")


@contextmanager
def _answer(url: str, headers: dict[str, str]) -> Iterator[Any]:
    """Ask for a file; whatever fails on the way, also while it is taken, becomes `DownloadFailed`."""
    # Honors the proxies and certificates of the environment.
    import requests

    try:
        # So that bytes can be counted.
        plain = {"Accept-Encoding": "identity"}
        with requests.get(url, headers={**plain, **headers}, stream=True, timeout=TIMEOUT) as answer:
            yield answer
    except requests.RequestException as error:
        raise DownloadFailed(f"{url}: {_plainly(error)}.", KEPT) from error


def _plainly(error: Exception) -> str:
    """Return the cause of a failed request, without the wrappings that name Python objects."""
    cause: BaseException = error
    while inner := getattr(cause, "reason", None) or cause.__cause__ or cause.__context__:
        if not isinstance(inner, BaseException):
            break
        cause = inner
    return str(getattr(cause, "strerror", None) or cause).rstrip(".") or type(cause).__name__


def _take(answer: Any, path: Path, have: int, limit: int, progress: Progress) -> bool:
    """Append what comes to what is there, which is `have` bytes; returns whether it all is no more than `limit`."""
    tag = answer.headers.get("ETag", "")
    write_whole(_tag(path), (answer.headers.get("Last-Modified", "") if tag[:2] in ("", "W/") else tag).encode())
    length = _length(answer)
    total = have + length if length else 0
    with path.open("ab" if have else "wb") as file:
        for piece in answer.iter_content(PIECE):
            have += len(piece)
            if max(have, total) > limit:
                return False
            file.write(piece)
            known = f" of {total / 1e6:.0f}" if total else ""
            progress(f"fetching {path.name}, {have / 1e6:.0f}{known} MB", have / total if total else None)
    return True


def _length(answer: Any) -> int:
    """Return how many bytes the server says that it sends; 0 if it says nothing, or no number."""
    try:
        return max(0, int(answer.headers.get("Content-Length", 0)))
    except ValueError:
        return 0
