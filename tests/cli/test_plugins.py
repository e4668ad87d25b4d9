"""The plugins come into the editors' folders, work from there, and go again without a trace."""

import json
import os
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from huedot.daemon.install import plugins
from huedot.daemon.serving import lifecycle

SETTINGS = "[General]\nfont=Sans\n\n[python]\nenable_other=true\n\n[theme]\nTheme=Krita dark\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's home with Krita, native and as a Flatpak, and with nothing else."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".local/share"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    (tmp_path / ".local/share/krita").mkdir(parents=True)
    (tmp_path / ".var/app/org.kde.krita").mkdir(parents=True)
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config/kritarc").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def runtime(monkeypatch, home):
    """A place for the daemon, short enough for a socket; whatever daemon is left there is stopped."""
    with tempfile.TemporaryDirectory(prefix="hd-") as folder:
        monkeypatch.setenv("HUEDOT_RUNTIME", folder)
        monkeypatch.setenv("XDG_STATE_HOME", str(home / ".local/state"))
        monkeypatch.setenv("OMP_NUM_THREADS", "1")
        monkeypatch.delenv("HUEDOT_WEIGHTS", raising=False)
        yield Path(folder)
        lifecycle.stop()


def files(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def test_installed_and_removed_without_a_trace(home, huedot):
    before = files(home)
    code, out, err = huedot("install", "krita")
    assert (code, err) == (0, "")
    assert out.count("installed in") == 2
    assert "huedot uninstall" in out
    settings = (home / ".config/kritarc").read_text()
    assert settings == SETTINGS.replace("[python]\n", "[python]\nenable_huedot_krita=true\n")
    assert "brought up to date" in huedot("install")[1]
    assert (home / ".config/kritarc").read_text() == settings
    assert huedot("uninstall", "krita")[0] == 0
    assert (home / ".config/kritarc").read_text() == SETTINGS
    assert files(home) == before
    assert not (home / ".local/share/krita/pykrita").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_nobody_else_can_change_a_plugin(home, huedot):
    before, mask = set(home.rglob("*")), os.umask(0)
    (home / ".config/kritarc").chmod(0o640)
    try:
        assert huedot("install", "krita")[0] == 0
        assert huedot("install", "gimp", "--folder", home / "GIMP/3.0/plug-ins")[0] == 0
    finally:
        os.umask(mask)
    made = set(home.rglob("*")) - before
    assert {"daemon.json", "kritarc", "huedot_krita.desktop", "huedot.py", "pykrita"} <= {path.name for path in made}
    assert {path for path in made if path.stat().st_mode & 0o022} == set()
    # It is the user's own.
    assert stat.S_IMODE((home / ".config/kritarc").stat().st_mode) == 0o640


def test_settings_that_are_a_link_stay_one(home, huedot):
    settings, kept = home / ".config/kritarc", home / "dotfiles/kritarc"
    kept.parent.mkdir()
    settings.rename(kept)
    settings.symlink_to(kept)
    assert huedot("install", "krita")[0] == 0
    assert settings.is_symlink()
    assert "enable_huedot_krita=true" in kept.read_text()
    assert huedot("uninstall", "krita")[0] == 0
    assert settings.is_symlink()
    assert kept.read_text() == SETTINGS
    assert [path.name for path in kept.parent.iterdir()] == ["kritarc"]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_plugin_that_is_a_link_is_unlinked(is_there, home, huedot):
    folder, own = home / ".local/share/krita/pykrita", home / "checkout/huedot_krita"
    folder.mkdir()
    if is_there:
        own.mkdir(parents=True)
        (own / "__init__.py").touch()
    for verb in ("uninstall", "install"):
        (folder / "huedot_krita").symlink_to(own)
        code, _, err = huedot(verb, "krita")
        assert (code, err) == (0, "")
        assert not (folder / "huedot_krita").is_symlink()
        assert (own / "__init__.py").exists() == is_there
        folder.mkdir(exist_ok=True)
    assert (folder / "huedot_krita/docker.py").exists()


def test_a_folder_of_plugins_that_is_a_link_stays(home, huedot):
    (home / "shared").mkdir()
    (home / ".local/share/krita/pykrita").symlink_to(home / "shared")
    assert huedot("install", "krita")[0] == 0
    code, _, err = huedot("uninstall", "krita")
    assert (code, err) == (0, "")
    assert (home / ".local/share/krita/pykrita").is_symlink()
    assert files(home / "shared") == []


def test_a_changed_copy_is_not_current(home):
    native = plugins.destinations("krita")[0]
    plugins.install(native)
    assert native.is_current
    (native.plugin / "protocol/daemon.json").write_text(json.dumps({"command": ["old"], "digest": "0"}))
    assert not native.is_current
    plugins.install(native)
    assert native.is_current


COPY_ALONE = """
import sys, types
sys.modules.update(dict.fromkeys(("msgpack", "numpy", "torch", "zmq", "huedot")))  # none can be imported
plugin = sys.modules["plugin"] = types.ModuleType("plugin")  # without its own __init__, which asks for Krita
plugin.__path__ = [sys.argv[1]]
from plugin.panel.controller import Controller
from plugin.protocol.client import Client
from plugin.protocol.launcher import command, installed_version
from plugin.protocol.wire import pack_header, unpack_header
assert unpack_header(pack_header({"ab": [1.5, -2]})) == {"ab": [1.5, -2]}
print(installed_version(), *command()[1:])
"""


def test_the_copy_needs_the_standard_library_alone(home):
    native = plugins.destinations("krita")[0]
    plugins.install(native)
    words = [sys.executable, "-I", "-c", COPY_ALONE, str(native.plugin)]
    said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said == "0.1.0 -P -m huedot.daemon.cli serve\n"


def test_an_editor_that_is_not_there(tmp_path, monkeypatch, huedot):
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, err = huedot("install", "krita")
    assert (code, out) == (2, "")
    assert "--folder" in err
    assert huedot("install", "krita", "--folder", tmp_path / "mine")[0] == 0
    assert (tmp_path / "mine/huedot_krita/docker.py").exists()


def test_an_editor_that_is_not_there_is_told_beside_one_that_is(home, huedot, monkeypatch):
    monkeypatch.setenv("PATH", str(home))
    code, out, err = huedot("install")
    assert code == 0
    assert "Krita: installed" in out or "Krita (native): installed" in out
    assert "GIMP" in err
    assert "huedot install gimp" in err


def test_a_folder_is_that_of_one_editor(tmp_path, huedot):
    code, out, err = huedot("install", "--folder", tmp_path / "mine")
    assert (code, out) == (2, "")
    assert "huedot install krita --folder" in err
    assert not (tmp_path / "mine").exists()


def test_no_room_says_where(home, huedot):
    (home / ".local/share/krita/pykrita").write_text("a file where a folder should be")
    code, _, err = huedot("install", "krita")
    assert code == 2
    assert "pykrita" in err


@pytest.mark.parametrize(
    ("system", "made", "editor", "kind", "folder"),
    [
        ("linux", "share/krita", "krita", "native", "share/krita/pykrita"),
        ("linux", "share/flatpak/app/org.kde.krita", "krita", "Flatpak", ".var/app/org.kde.krita/data/krita/pykrita"),
        ("linux", ".var/app/org.kde.krita", "krita", "Flatpak", ".var/app/org.kde.krita/data/krita/pykrita"),
        ("linux", "config/GIMP/3.0", "gimp", "3.0", "config/GIMP/3.0/plug-ins"),
        ("linux", "config/GIMP/3.2", "gimp", "3.2", "config/GIMP/3.2/plug-ins"),
        ("win32", "Roaming/krita", "krita", "native", "Roaming/krita/pykrita"),
        ("win32", "Programs/Krita (x64)", "krita", "native", "Roaming/krita/pykrita"),
        (
            "win32",
            "Local/Packages/49800Krita_abc/LocalCache",
            "krita",
            "Windows Store",
            "Local/Packages/49800Krita_abc/LocalCache/Roaming/krita/pykrita",
        ),
        ("win32", "Roaming/GIMP/3.0", "gimp", "3.0", "Roaming/GIMP/3.0/plug-ins"),
        (
            "darwin",
            "Library/Application Support/krita",
            "krita",
            "native",
            "Library/Application Support/krita/pykrita",
        ),
        ("darwin", "Applications/krita.app", "krita", "native", "Library/Application Support/krita/pykrita"),
        (
            "darwin",
            "Library/Application Support/GIMP/3.0",
            "gimp",
            "3.0",
            "Library/Application Support/GIMP/3.0/plug-ins",
        ),
    ],
)
def test_editors_are_found_on_every_system(system, made, editor, kind, folder, tmp_path, monkeypatch):
    for name, place in {
        "HOME": ".",
        "XDG_DATA_HOME": "share",
        "XDG_CONFIG_HOME": "config",
        "APPDATA": "Roaming",
        "LOCALAPPDATA": "Local",
        "ProgramFiles": "Programs",
        "PATH": "nowhere",
    }.items():
        monkeypatch.setenv(name, str(tmp_path / place))
    monkeypatch.setattr(sys, "platform", system)
    others = plugins.destinations(editor)
    (tmp_path / made).mkdir(parents=True)
    (place,) = [place for place in plugins.destinations(editor) if place not in others]
    assert (place.kind, place.folder) == (kind, tmp_path / folder)
    plugins.install(place)
    assert place.is_current
    plugins.remove(place)
    assert files(tmp_path) == []


def test_a_snap_is_named_and_left_alone(home, huedot):
    (home / "snap/krita").mkdir(parents=True)
    code, out, err = huedot("install", "krita")
    assert (code, out.count("installed in"), err.count("\n")) == (0, 2, 1)
    assert "AppImage or Flatpak" in err
    assert files(home / "snap") == []


def test_uninstall_names_what_stays_and_all_takes_it(home, huedot, runtime, tiny_weights):
    before = files(home)
    assert huedot("start", "--model", tiny_weights)[0] == 0
    huedot("install")
    weights = home / ".local/share/huedot/weights/x.safetensors"
    weights.parent.mkdir(parents=True)
    weights.touch()
    code, out, _ = huedot("uninstall")
    assert code == 0
    assert {line.removeprefix("Stays: ") for line in out.splitlines() if line.startswith("Stays")} >= {
        str(runtime / "endpoint.json"),
        str(home / ".local/state/huedot/log/daemon.log"),
        str(weights.parent),
    }
    assert "huedot uninstall --all" in out
    assert weights.exists()
    (runtime / "mine").touch()
    assert huedot("uninstall", "--all")[0] == 0
    assert huedot("status")[0] == 1
    assert files(home) == before
    assert not (home / ".local/state/huedot").exists()
    assert [path.name for path in runtime.iterdir()] == ["mine"]
    # Nothing is there, and all is well.
    assert huedot("uninstall", "--all")[0] == 0


def test_all_leaves_what_a_link_leads_to(home, huedot, runtime):
    weights, disk = home / ".local/share/huedot/weights", home / "disk"
    for folder in (weights.parent, disk):
        folder.mkdir(parents=True)
    (disk / "x.safetensors").touch()
    weights.symlink_to(disk)
    code, _, err = huedot("uninstall", "--all")
    assert (code, err) == (0, "")
    assert not weights.parent.exists()
    assert (disk / "x.safetensors").exists()


def test_archives_are_whole_and_always_the_same(tmp_path, huedot):
    code, out, err = huedot("archives", "-o", tmp_path / "a", "--json")
    assert (code, err) == (0, "")
    huedot("archives", "-o", tmp_path / "b")
    for editor, path in json.loads(out).items():
        path = Path(path)
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            place = plugins.Destination(editor, "unpacked", tmp_path / editor)
            archive.extractall(place.folder)
        assert place.is_installed
        assert place.is_current
        assert f"{place.layout.plugin}/LICENSE" in names
        assert not any(text in file.read_text() for file in place.package.rglob("*.json") for text in ("/", "python"))
        if program := place.layout.program:
            assert stat.S_IMODE(zipfile.ZipFile(path).getinfo(f"huedot/{program}").external_attr >> 16) == 0o755


def test_a_copy_from_an_archive_finds_a_daemon_by_itself(tmp_path, huedot, monkeypatch):
    path = Path(json.loads(huedot("archives", "-o", tmp_path, "--json")[1])["krita"])
    zipfile.ZipFile(path).extractall(tmp_path / "pykrita")
    program = tmp_path / ".local/bin/huedot"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name, value in {"HOME": tmp_path, "PATH": "/nowhere", "HUEDOT_RUNTIME": tmp_path / "run"}.items():
        monkeypatch.setenv(name, str(value))
    words = [sys.executable, "-I", "-c", COPY_ALONE, str(tmp_path / "pykrita/huedot_krita")]
    said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said == "0.1.0 serve\n"
