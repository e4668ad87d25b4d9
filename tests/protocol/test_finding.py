"""Where a plugin that was unpacked by hand finds HueDot, on each system, by made homes."""

import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from huedot.protocol import finding, launcher

POSIX, WINDOWS = "bin/huedot", "Scripts/huedot.exe"


@pytest.fixture
def home(runtime, tmp_path, monkeypatch):
    """A home with nothing in it, and a PATH that leads nowhere, as editors that a desktop starts have it."""
    for name in ("PIPX_HOME", "PIPX_BIN_DIR", "UV_TOOL_DIR", "UV_TOOL_BIN_DIR", "XDG_DATA_HOME", "XDG_BIN_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    return tmp_path


def program(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("system", "place"),
    [
        ("linux", ".local/bin/huedot"),
        ("linux", f".local/share/pipx/venvs/huedot/{POSIX}"),
        ("linux", f".local/share/uv/tools/huedot/{POSIX}"),
        ("darwin", ".local/bin/huedot"),
        ("darwin", "Library/Python/3.13/bin/huedot"),
        ("darwin", f"Library/Application Support/pipx/venvs/huedot/{POSIX}"),
        ("win32", ".local/bin/huedot.exe"),
        ("win32", f"pipx/venvs/huedot/{WINDOWS}"),
        ("win32", f"Roaming/uv/tools/huedot/{WINDOWS}"),
        ("win32", "Roaming/Python/Python312/Scripts/huedot.exe"),
    ],
)
def test_found_where_installers_put_it(system, place, home, monkeypatch):
    found = program(home / place)
    monkeypatch.setattr(sys, "platform", system)
    assert found in finding.places()
    if system == "linux":
        assert finding.find_program() == [str(found), "serve"]


@pytest.mark.parametrize(
    ("variable", "rest"),
    [("PIPX_BIN_DIR", "huedot"), ("PIPX_HOME", f"venvs/huedot/{POSIX}"), ("UV_TOOL_DIR", f"huedot/{POSIX}")],
)
def test_found_where_the_user_told_the_installer_to_put_it(variable, rest, home, monkeypatch):
    monkeypatch.setenv(variable, str(home / "chosen"))
    assert finding.find_program() == []
    found = program(home / "chosen" / rest)
    assert finding.find_program() == [str(found), "serve"]


@pytest.mark.parametrize("entry", [".", "", "tools"])
def test_what_lies_beside_a_photograph_is_not_run(entry, home, monkeypatch):
    planted = program(home / "photographs" / entry / "huedot")
    monkeypatch.chdir(home / "photographs")
    monkeypatch.setenv("PATH", entry)
    assert finding.find_program() == []
    monkeypatch.setenv("PATH", f"{entry}:/{'out of reach' * 500}:{planted.parent}")
    assert finding.find_program() == [str(planted), "serve"]


def test_of_a_path_only_what_is_absolute_counts():
    assert finding.on_path("/a:.::b:~/c:/d", PurePosixPath) == [PurePosixPath("/a/huedot"), PurePosixPath("/d/huedot")]
    entries = r"C:\a;.;;b;C:c;\d;\\server\share\e;%USERPROFILE%\f"
    found = [str(path) for path in finding.on_path(entries, PureWindowsPath)]
    endings = (".exe", ".cmd", ".bat")
    assert found == [rf"{folder}\huedot{end}" for folder in (r"C:\a", r"\\server\share\e") for end in endings]
    assert finding.on_path("") == []


def test_the_daemon_that_ran_last_is_remembered_while_it_is_there(home, runtime):
    python = program(home / "venv/bin/python")
    finding.record([str(python), "-m", "huedot"])
    assert finding.find_program() == [str(python), "-m", "huedot"]
    # Anybody could have written it.
    (runtime / finding.RECORD).chmod(0o666)
    assert finding.find_program() == []
    (runtime / finding.RECORD).chmod(0o600)
    python.unlink()
    assert finding.find_program() == []


@pytest.mark.parametrize("content", ["", "[]", '{"command": "x"}', '{"command": []}', '{"command": [5]}', "{}"])
def test_a_damaged_record_is_none(content, home, runtime):
    finding.record(["x"])
    Path(runtime / finding.RECORD).write_text(content)
    assert finding.find_program() == []


def test_places_are_the_same_for_a_daemon_that_starts_elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUEDOT_RUNTIME", "run")
    monkeypatch.delenv("HUEDOT_WEIGHTS", raising=False)
    environment = launcher._environment()
    assert environment["HUEDOT_RUNTIME"] == str(tmp_path / "run")
    assert "HUEDOT_WEIGHTS" not in environment
