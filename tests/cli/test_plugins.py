"""The plugins come into the editors' folders, work from there, and go again without a trace."""

import json
import subprocess
import sys

import pytest

from huedot.daemon import plugins

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
    assert set(files(home)) - set(before) <= {(home / ".var/app/org.kde.krita/config/kritarc").relative_to(home)}


def test_a_changed_copy_is_not_current(home):
    native = plugins.places("krita")[0]
    plugins.install(native)
    assert native.is_current
    (native.plugin / "protocol/daemon.json").write_text(json.dumps({"command": ["old"], "digest": "0"}))
    assert not native.is_current
    plugins.install(native)
    assert native.is_current


COPY_ALONE = """
import importlib.util, sys
sys.modules.update(dict.fromkeys(("msgpack", "numpy", "torch", "zmq", "huedot")))  # none can be imported
sys.path.insert(0, sys.argv[1])
from protocol.client import Client
from protocol.launcher import command, installed_version
from protocol.panel.controller import Controller
from protocol.wire import pack_header, unpack_header
assert unpack_header(pack_header({"ab": [1.5, -2]})) == {"ab": [1.5, -2]}
print(installed_version(), *command()[1:])
"""


def test_the_copy_needs_the_standard_library_alone(home):
    native = plugins.places("krita")[0]
    plugins.install(native)
    words = [sys.executable, "-I", "-c", COPY_ALONE, str(native.plugin)]
    said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said == "0.1.0 -m huedot.daemon.cli serve\n"


def test_an_editor_that_is_not_there(tmp_path, monkeypatch, huedot):
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, err = huedot("install", "krita")
    assert (code, out) == (2, "")
    assert "--folder" in err
    assert huedot("install", "krita", "--folder", tmp_path / "mine")[0] == 0
    assert (tmp_path / "mine/huedot_krita/docker.py").exists()


def test_no_room_says_where(home, huedot):
    (home / ".local/share/krita/pykrita").write_text("a file where a folder should be")
    code, _, err = huedot("install", "krita")
    assert code == 2
    assert "pykrita" in err
