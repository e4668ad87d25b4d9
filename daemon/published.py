"""Published weight files: what is known of them, fetching them, and the record of what was installed."""

from __future__ import annotations

import hashlib
import json
import tempfile
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from huedot.model import loading
from huedot.protocol.client import Progress
from huedot.protocol.errors import ArgumentError, FileError, HueDotError, WeightsCorrupt, WeightsMissing

RECORD = "installed.json"  # beside the weights: where each came from, and the checksums seen
PIECE = 1 << 18  # bytes
TIMEOUT = 30  # seconds without a byte
OK, PARTIAL = 200, 206


class DownloadFailed(HueDotError):
    """A server that cannot be reached, refuses, or stopped half-way; what has come is kept."""


@dataclass(frozen=True)
class Published:
    """A file of the manifest."""

    name: str
    model: str
    url: str
    license: str
    note: str
    sha256_prefix: str = ""
    mask_center: float | None = None


def manifest() -> list[Published]:
    """Return the published files, the preferred one of each model first."""
    text = (resources.files("huedot.weights") / "manifest.toml").read_text("utf-8")
    return [Published(**file) for file in tomllib.loads(text)["file"]]


def named(name: str) -> Published:
    """Return a published file by its own name, or the preferred one of a model; raises `ArgumentError`."""
    for file in manifest():
        if name in (file.name, file.model):
            return file
    known = ", ".join(dict.fromkeys(n for file in manifest() for n in (file.model, file.name)))
    raise ArgumentError("name", f"nothing named {name!r} is published.", f"Use one of {known}.")


def record() -> dict[str, dict[str, Any]]:
    """Return what is recorded: `installed` by model, and `pins`, the sha256 first seen of each published file."""
    path = loading.weights_folder() / RECORD
    try:
        content = json.loads(path.read_text("utf-8"))
        return {"installed": dict(content["installed"]), "pins": dict(content["pins"])}
    except FileNotFoundError:
        return {"installed": {}, "pins": {}}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(
            f"{path} cannot be read ({error}).", "Delete it, and import or fetch the weights again."
        ) from error


def _write_record(content: dict[str, dict[str, Any]]) -> None:
    path = loading.weights_folder() / RECORD
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".huedot-") as folder:
            part = Path(folder) / RECORD
            part.write_text(json.dumps(content, indent=2), "utf-8")
            part.replace(path)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error}.", "Check the folder and the free space.") from error


def sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise WeightsMissing(f"{path} is missing.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error}.", "Check its permissions.") from error


def fetch(file: Published, show: Progress) -> str:
    """Download a published file, check it, and install its weights; returns its sha256.

    A download that was cut goes on where it stopped. Where no checksum is published, the first one seen is
    recorded, and later downloads must have it too. Raises `DownloadFailed`, `FileError` for a disk that is
    full, and `WeightsCorrupt` for a wrong checksum, after which the next fetch begins anew.
    """
    part = loading.weights_folder() / f"{file.name}.part"
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _download(file.url, part, show)
    except OSError as error:
        raise FileError(f"{part} cannot be written: {error}.", "Check the folder and the free space.") from error
    digest = sha256(part)
    expected = record()["pins"].get(file.name, file.sha256_prefix)
    if not digest.startswith(expected):
        part.unlink()
        what = f"{file.name} from {file.url} has sha256 {digest}, not {expected}."
        raise WeightsCorrupt(what, f"Try again: huedot weights fetch {file.name}")
    whole = part.with_name(file.name)
    part.replace(whole)
    install(whole, file.model, file.mask_center, digest, pin=True)
    whole.unlink()
    return digest


def _download(url: str, part: Path, show: Progress) -> None:
    """Append to `part` what it lacks. Ours, for pooch does not resume; urllib3 checks that all bytes came."""
    import urllib3

    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    try:
        with urllib3.PoolManager(timeout=TIMEOUT) as pool:
            answer = pool.request("GET", url, headers=headers, preload_content=False)
            if answer.status == 416:  # nothing is left to send: the checksum says whether it is the file
                return
            if answer.status not in (OK, PARTIAL):
                raise DownloadFailed(
                    f"{url} answered {answer.status}.", "Import a file you have: huedot weights import FILE"
                )
            have = have if answer.status == PARTIAL else 0
            total = have + int(answer.headers.get("Content-Length", 0))
            with part.open("ab" if have else "wb") as file:
                for piece in answer.stream(PIECE, decode_content=False):
                    file.write(piece)
                    have += len(piece)
                    show(f"fetching {part.stem}", have / total if total else None)
    except urllib3.exceptions.HTTPError as error:
        raise DownloadFailed(f"{url}: {error}.", "Fetch again: what has come is kept.") from error


def install(source: Path, model: str, mask_center: float | None, digest: str, pin: bool = False) -> Path:
    """Convert a file into the weights of `model` in the user's folder, and record its checksums."""
    destination = loading.weights_folder() / f"{model}.safetensors"
    loading.convert(source, destination, mask_center)
    content = record()
    content["installed"][model] = {"source": source.name, "source_sha256": digest, "sha256": sha256(destination)}
    if pin:
        content["pins"].setdefault(source.name, digest)
    _write_record(content)
    return destination


def import_file(path: Path) -> tuple[str, Path]:
    """Install a weights file that the user has; returns its model and where its weights are now."""
    model = loading.architecture_of(*loading.read_weights(path))
    if model == "huedot":
        raise ArgumentError("file", f"{path} is for the network huedot.", f"Use it where it is: --model {path}")
    return model, install(path, model, None, sha256(path))


def check(model: str) -> str:
    """Return what is known of a model's installed weights; raises `WeightsMissing` or `WeightsCorrupt`."""
    path = loading.find(model)
    entry = record()["installed"].get(model)
    if entry is None:
        loading.architecture_of(*loading.read_weights(path))
        return "readable, no checksum recorded"
    if sha256(path) != entry["sha256"]:
        source = entry["source"]
        is_published = any(source == file.name for file in manifest())
        mend = f"huedot weights fetch {source}" if is_published else f"huedot weights import {source}"
        raise WeightsCorrupt(f"{path} is damaged: its checksum has changed.", f"Mend it: {mend}")
    return f"checksum as recorded, from {entry['source']}"
