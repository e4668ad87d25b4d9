"""Published weight files: what is known of them, installing them, and the record of what was installed."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import filelock

from huedot.model import loading
from huedot.protocol.client import Progress
from huedot.protocol.errors import ArgumentError, Busy, FileError, WeightsCorrupt, WeightsMissing
from huedot.protocol.paths import write_whole
from huedot.weights import files

from .download import download, forget

# Beside the weights: where each came from, and the checksums seen.
RECORD = "installed.json"
# Beside the weights: what is not whole yet.
DOWNLOADS = "downloads"
LOCK = ".lock"
# Megabytes that a download of unknown size may have.
UNKNOWN = 1000


@dataclass(frozen=True)
class Published:
    """A file of the manifest. Of its sha256 only the beginning is published, or nothing."""

    name: str
    model: str
    url: str
    license: str
    note: str
    megabytes: int | None = None
    sha256_prefix: str = ""
    mask_center: float | None = None

    def expected(self) -> str:
        """Return how its sha256 must begin: as recorded at the first fetch, else as published; empty if neither."""
        return str(record()["pins"].get(self.name, self.sha256_prefix))

    def limit(self) -> int:
        """Return how many bytes of it are taken at most: its size is known roughly, and a server may never end."""
        return int(1e6 * (max(1.5 * self.megabytes, self.megabytes + 8) if self.megabytes else UNKNOWN))


@cache
def _manifest() -> dict[str, Any]:
    return tomllib.loads((resources.files("huedot.weights") / "manifest.toml").read_text("utf-8"))


def manifest() -> list[Published]:
    """Return the published files, the preferred one of each model first."""
    return [Published(**file) for file in _manifest()["file"]]


def named(name: str) -> Published:
    """Return a published file by its own name, or the preferred one of a model; raises `ArgumentError`."""
    for file in manifest():
        if name in (file.name, file.model):
            return file
    known = ", ".join(dict.fromkeys(n for file in manifest() for n in (file.model, file.name)))
    raise ArgumentError("name", f"nothing named {name!r} is published.", f"Use one of {known}.")


def record() -> dict[str, dict[str, Any]]:
    """Return what is recorded: `installed` by model, and `pins`, the sha256 first seen of each published file."""
    path = files.weights_folder() / RECORD
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
    write_whole(files.weights_folder() / RECORD, json.dumps(content, indent=2).encode())


def sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal."""
    # A pipe would be waited for.
    if path.exists() and not path.is_file():
        raise FileError(f"{path} is no file.", "Check the path.")
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        remedy = "Check the path, or see by huedot weights list what huedot weights fetch can get."
        raise WeightsMissing(f"{path} is missing.", remedy) from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error}.", "Check its permissions.") from error


def fetch(file: Published, progress: Progress) -> str:
    """Download a published file, check it, and install its weights; returns its sha256.

    A download that was cut goes on where it stopped. Where no checksum is published, that of the first file that held
    its weights is recorded, and later downloads must have it too. Raises `DownloadFailed`, `FileError` for a disk that
    is full, and `WeightsCorrupt` for a wrong checksum or other contents, after which the next fetch starts over.
    """
    with _alone():
        source = files.weights_folder() / DOWNLOADS / file.name
        try:
            source.parent.mkdir(parents=True, exist_ok=True)
            download(file.url, source, file.limit(), progress)
        except OSError as error:
            raise FileError.unwritable(source, error, "Check the folder and the free space.") from error
        progress(f"installing {file.name}", None)
        try:
            digest = _checked(source, file)
            _install(source, file.model, file.mask_center, digest, pin=True)
        except WeightsCorrupt:
            forget(source)
            raise
        forget(source)
        return digest


def import_file(path: Path, mask_center: float | None = None) -> tuple[str, Path]:
    """Install a weights file that the user has; returns its model and where its weights are now.

    A file that has the name of a published one must have its checksum too, as far as that is known.
    """
    digest = sha256(path)
    same = next((file for file in manifest() if file.expected() and digest.startswith(file.expected())), None)
    alike = same or next((file for file in manifest() if file.name == path.name), None)
    if alike:
        _checked(path, alike)
        mask_center = alike.mask_center if mask_center is None else mask_center
    model = loading.architecture_of(*loading.read_weights(path), path)
    with _alone():
        return model, _install(path, model, mask_center, digest)


def _checked(path: Path, file: Published) -> str:
    digest = sha256(path)
    if not digest.startswith(file.expected()):
        what = f"{path.name} has sha256 {digest}, but {file.name} has {file.expected()}."
        raise WeightsCorrupt(what, f"Get it again: huedot weights fetch {file.name}")
    return digest


def _install(source: Path, model: str, mask_center: float | None, digest: str, pin: bool = False) -> Path:
    """Convert a file into the weights of `model` in the user's folder, and record its checksums.

    The record and the weights cannot be replaced at once: so that a cut between leaves neither of them wrong, the
    record first knows both the new weights and those that they replace.
    """
    destination = files.weights_folder() / f"{model}.safetensors"
    part = destination.parent / DOWNLOADS / destination.name
    content = record()
    try:
        loading.convert(source, part, mask_center)
        entry = {"source": source.name, "source_sha256": digest, "sha256": sha256(part)}
        if pin:
            content["pins"].setdefault(source.name, digest)
        content["installed"][model] = {**entry, "replaces": _known(content, model)}
        _write_record(content)
        part.replace(destination)
        content["installed"][model] = entry
        _write_record(content)
    finally:
        part.unlink(missing_ok=True)
    return destination


def _known(content: dict[str, dict[str, Any]], model: str) -> list[str]:
    """Return the checksums that installed weights may have: one, but where an installation was cut."""
    entry = content["installed"].get(model)
    return [entry["sha256"], *entry.get("replaces", [])] if entry else []


def sha256_of(model: str) -> str | None:
    """Return the checksum that a model's weights must have; None if none is recorded."""
    if model == "huedot":
        return str(_manifest()["shipped"]["sha256"])
    return next(iter(_known(record(), model)), None)


def check(model: str) -> str:
    """Return what is known of a model's weights; raises `ArgumentError`, `WeightsMissing` or `WeightsCorrupt`."""
    path = files.find(model)
    expected = [sha256_of(model)] if model == "huedot" else _known(record(), model)
    if not expected:
        loading.architecture_of(*loading.read_weights(path), path)
        return f"{path} is readable, but no checksum of it is recorded"
    digest = sha256(path)
    if digest not in expected:
        raise files.refused(path, f"is damaged: its sha256 is {digest}, not {expected[0]}")
    return f"{path}, sha256 {digest[:8]}… as {'shipped' if model == 'huedot' else 'installed'}"


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other commands from fetching and importing meanwhile."""
    folder = files.weights_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / LOCK, timeout=0):
            yield
    except filelock.Timeout as error:
        raise Busy(f"Another command is writing to {folder}.", "Wait until it has ended.") from error
    except OSError as error:
        raise FileError.unwritable(folder, error, "Check the folder and the free space.") from error
