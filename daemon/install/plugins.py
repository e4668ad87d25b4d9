"""The plugins: where editors look for them, and how they come there and go again.

A plugin is copied whole: the editor's own files, `plugins/common` as its `protocol`, `plugins/panel` as its `panel`,
the pure-Python part of msgpack, and `daemon.json`, which says how to start the daemon from inside the editor.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import distribution, version
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from huedot.daemon.serving.lifecycle import command
from huedot.protocol.errors import FileError
from huedot.protocol.launcher import INSTALLED
from huedot.protocol.paths import write_whole, writing_whole

from .removal import delete, is_empty
from .settings import close, make_folder, switch

# Its pure-Python part.
MSGPACK = ("__init__.py", "exceptions.py", "ext.py", "fallback.py")
# What of the shared folders a plugin is given.
SHARED = (".py", ".gpl")


@dataclass(frozen=True)
class Layout:
    """An editor, and how it wants its plugins to lie in their folder."""

    name: str  # for people
    # The plugin's own folder.
    plugin: str
    # The Python package in it; "." if it is one itself.
    package: str
    # What the editor runs, outside the package.
    program: str = ""
    # What tells the editor of the plugin, outside its folder.
    desktop: str = ""


LAYOUTS = {
    "krita": Layout("Krita", "huedot_krita", ".", desktop="huedot_krita.desktop"),
    "gimp": Layout("GIMP", "huedot", "huedot_gimp", program="huedot.py"),
}
EDITORS = tuple(LAYOUTS)


@dataclass(frozen=True)
class Destination:
    """An editor on this machine, and where it looks for plugins."""

    editor: str  # krita, gimp
    # How it is installed: native, Flatpak, or its version.
    kind: str
    folder: Path  # of plugins
    # The editor's own file of settings, if plugins must be switched on there.
    settings: Path | None = None

    @property
    def layout(self) -> Layout:
        """Return how the plugin lies there."""
        return LAYOUTS[self.editor]

    @property
    def name(self) -> str:
        """Return the editor's name, for people."""
        return f"{self.layout.name} ({self.kind})"

    @property
    def plugin(self) -> Path:
        """Return the folder that the plugin has there."""
        return self.folder / self.layout.plugin

    @property
    def package(self) -> Path:
        """Return the folder of the plugin's Python package."""
        return self.plugin / self.layout.package

    @property
    def is_installed(self) -> bool:
        """Return whether there is a plugin."""
        return (self.package / "__init__.py").exists()

    @property
    def is_current(self) -> bool:
        """Return whether the plugin there is this HueDot's own, unchanged."""
        try:
            said = json.loads((self.package / "protocol" / INSTALLED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        # An archive's copy looks for a daemon.
        is_ours = "command" not in said or said["command"] == command()
        return bool(said.get("digest") == digest(self.editor) and is_ours)


def destinations(editor: str) -> list[Destination]:
    """Return where an editor is: every kind and version of it whose folders or whose program exist."""
    return [destination for destination, is_there in _FINDERS[editor]() if is_there]


def given(editor: str, folder: Path) -> Destination:
    """Return the destination that the user names: a folder of plugins."""
    return Destination(editor, "given", folder, folder.parent / "kritarc" if editor == "krita" else None)


def snaps() -> list[str]:
    """Return the editors that are here as snaps, whose plugins neither see nor start a daemon outside their sandbox."""
    return [layout.name for name, layout in LAYOUTS.items() if (Path.home() / "snap" / name).exists()]


def _krita() -> Iterator[tuple[Destination, bool]]:
    """An AppImage, and Krita from Steam, have the folders of a native Krita."""
    home = Path.home()
    if sys.platform == "win32":
        yield from _krita_of_windows(home)
        return
    if sys.platform == "darwin":
        data = home / "Library/Application Support/krita"
        there = data.exists() or _is_application("krita")
        yield Destination("krita", "native", data / "pykrita", home / "Library/Preferences/kritarc"), there
        return
    data = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share")) / "krita"
    config = Path(os.environ.get("XDG_CONFIG_HOME", home / ".config"))
    there = data.exists() or bool(shutil.which("krita"))
    yield Destination("krita", "native", data / "pykrita", config / "kritarc"), there
    flatpak = home / ".var/app/org.kde.krita"
    there = flatpak.exists() or _is_flatpak("org.kde.krita")
    yield Destination("krita", "Flatpak", flatpak / "data/krita/pykrita", flatpak / "config/kritarc"), there


def _krita_of_windows(home: Path) -> Iterator[tuple[Destination, bool]]:
    """Krita of the Windows Store has copies of the usual folders within its package."""
    roaming = Path(os.environ.get("APPDATA", home / "AppData/Roaming")) / "krita"
    local = Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local"))
    there = roaming.exists() or any((folder / "Krita (x64)").exists() for folder in _program_files())
    yield Destination("krita", "native", roaming / "pykrita", local / "kritarc"), there
    for package in sorted(local.glob("Packages/49800Krita_*/LocalCache")):
        yield Destination("krita", "Windows Store", package / "Roaming/krita/pykrita", package / "Local/kritarc"), True


def _gimp() -> Iterator[tuple[Destination, bool]]:
    """Each version from 3.0 on has a folder of its own; a Flatpak and an AppImage share it with their native twin."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", home / "AppData/Roaming")) / "GIMP"
    elif sys.platform == "darwin":
        base = home / "Library/Application Support/GIMP"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME", home / ".config")) / "GIMP"
    installed = {f"3.{minor}" for minor in range(0, 10, 2) if shutil.which(f"gimp-3.{minor}")}
    for version_ in sorted({folder.name for folder in base.glob("3.*")} | installed):
        yield Destination("gimp", version_, base / version_ / "plug-ins"), True


def _is_flatpak(application: str) -> bool:
    """Return whether Flatpak has an application, started or not, for the user or for all."""
    ours = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share")) / "flatpak"
    return any((base / "app" / application).exists() for base in (ours, Path("/var/lib/flatpak")))


def _is_application(name: str) -> bool:
    """Return whether macOS has an application, for the user or for all."""
    return any((base / f"{name}.app").exists() for base in (Path("/Applications"), Path.home() / "Applications"))


def _program_files() -> list[Path]:
    return [Path(os.environ[name]) for name in ("ProgramFiles", "ProgramW6432") if name in os.environ]


_FINDERS: dict[str, Callable[[], Iterator[tuple[Destination, bool]]]] = {"krita": _krita, "gimp": _gimp}


def install(destination: Destination) -> None:
    """Put the plugin there, in the place of an older one, and switch it on; raises FileError.

    A plugin is never seen half copied: it is made beside its destination, and moved, last of all, so that whatever
    fails leaves the older one.
    """
    try:
        make_folder(destination.folder)
        with tempfile.TemporaryDirectory(prefix=".huedot-", dir=destination.folder) as made:
            new = Path(made) / "new"
            _write(destination.editor, new)
            if destination.settings:
                switch(destination.settings, on=True)
            if desktop := destination.layout.desktop:
                write_whole(destination.folder / desktop, (sources(destination.editor) / desktop).read_bytes(), 0o644)
            _move(new, destination.plugin, Path(made) / "old")
    except OSError as error:
        raise FileError.unwritable(error.filename, error, "Make room, or fix its permissions.") from error


def _move(new: Path, place: Path, aside: Path) -> None:
    """Move a folder to its place; what was there goes aside, and comes back if that fails. Raises OSError."""
    is_there = os.path.lexists(place)
    if is_there:
        place.rename(aside)
    try:
        new.rename(place)
    except OSError:
        if is_there:
            aside.rename(place)
        raise


def remove(destination: Destination) -> None:
    """Take the plugin away and leave nothing behind, no folder either that is empty then; raises FileError.

    Of a link the link goes, and what it leads to stays: whoever made it develops the plugin there, or keeps it there.
    """
    try:
        delete(destination.plugin)
        if desktop := destination.layout.desktop:
            (destination.folder / desktop).unlink(missing_ok=True)
        if destination.settings and destination.settings.exists():
            switch(destination.settings, on=False)
        if is_empty(destination.folder):
            destination.folder.rmdir()
    except OSError as error:
        raise FileError(f"{error.filename} cannot be removed: {error.strerror}.", "Fix its permissions.") from error


def archive(editor: str, folder: Path) -> Path:
    """Write a plugin as a .zip for installing by hand, which finds a daemon by itself; raises FileError.

    Krita's importer finds a plugin by the entry of its folder, so folders have entries. Equal plugins make equal files.
    """
    layout, path = LAYOUTS[editor], folder / f"huedot-{editor}-{version('huedot')}.zip"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with writing_whole(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
            files = [(f"{layout.plugin}/{relative}", data) for relative, data in [*_whole(editor), *_terms()]]
            if layout.desktop:
                files.append((layout.desktop, (sources(editor) / layout.desktop).read_bytes()))
            folders = {f"{parent}/" for name, _ in files for parent in list(PurePosixPath(name).parents)[:-1]}
            for name, data in [*((name, b"") for name in sorted(folders)), *files]:
                # Its date is that of the year 1980, whenever it is made.
                entry = zipfile.ZipInfo(name)
                mode = 0o755 if name.endswith(("/", layout.program or "/")) else 0o644
                entry.external_attr = ((stat.S_IFDIR if name.endswith("/") else stat.S_IFREG) | mode) << 16
                file.writestr(entry, data, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise FileError.unwritable(path, error, "Choose another folder: -o DIR.") from error
    return path


def _write(editor: str, folder: Path) -> None:
    """Write a whole plugin, with how to start this HueDot's daemon, which nobody else may change."""
    for relative, data in _whole(editor, command=command()):
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if relative == LAYOUTS[editor].program:
            # Otherwise GIMP does not see it.
            path.chmod(0o755)
    for path in (folder, *folder.rglob("*")):
        close(path)


def _whole(editor: str, **known: object) -> Iterator[tuple[str, bytes]]:
    """Yield a plugin's files, and what it is told of itself."""
    yield from _files(editor)
    said = {**known, "version": version("huedot"), "digest": digest(editor)}
    yield str(PurePosixPath(LAYOUTS[editor].package) / "protocol" / INSTALLED), json.dumps(said, indent=2).encode()


def _terms() -> Iterator[tuple[str, bytes]]:
    """Yield the licenses of HueDot, and of msgpack, which go with copies that are passed on."""
    for name, ending in (("huedot", ""), ("msgpack", "-msgpack")):
        for file in distribution(name).files or []:
            if file.name in ("LICENSE", "NOTICES.md", "COPYING"):
                yield f"{file.stem}{ending}{file.suffix}", file.read_binary()


def digest(editor: str) -> str:
    """Return a hash over all of a plugin's files, which tells a current copy from an old one."""
    state = hashlib.sha256()
    for relative, data in _files(editor):
        state.update(f"{relative}:{len(data)}:".encode() + data)
    return state.hexdigest()


def sources(package: str) -> Path:
    """Return the folder of one of HueDot's packages or of msgpack, without importing it."""
    spec = find_spec(package if package == "msgpack" else f"huedot.{package}")
    if spec is None or not spec.submodule_search_locations:
        raise FileError(f"This HueDot lacks its part {package!r}.", "Install it again: pipx reinstall huedot.")
    return Path(spec.submodule_search_locations[0])


def _files(editor: str) -> Iterator[tuple[str, bytes]]:
    layout, package = LAYOUTS[editor], PurePosixPath(LAYOUTS[editor].package)
    for path in sorted(sources(editor).iterdir()):
        if path.suffix in (".py", ".html"):
            folder = PurePosixPath() if path.name == layout.program else package
            yield str(folder / path.name), path.read_bytes()
    for shared in ("protocol", "panel"):
        there = sources(shared)
        for path in sorted(each for each in there.rglob("*") if each.suffix in SHARED):
            yield str(package / shared / path.relative_to(there).as_posix()), path.read_bytes()
    for name in MSGPACK:
        yield str(package / "protocol/_msgpack" / name), (sources("msgpack") / name).read_bytes()
