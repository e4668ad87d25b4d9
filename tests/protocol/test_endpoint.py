import json
import os
import stat
import sys
from contextlib import nullcontext
from pathlib import Path

import platformdirs
import pytest

from huedot.protocol import endpoint, paths
from huedot.protocol.endpoint import Endpoint, find_endpoint, read_endpoint, remove_endpoint, write_endpoint
from huedot.protocol.errors import DaemonUnreachable, FileError, Unauthorized

HERE = Endpoint("tcp://127.0.0.1:5000", 42, "2.0", "0.1.0", "abc", "ab" * 32, 1.5)
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
linux = pytest.mark.skipif(sys.platform != "linux", reason="directories of Linux")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of one's own, with a session directory as a desktop has it."""
    monkeypatch.delenv("HUEDOT_RUNTIME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "session"))
    return tmp_path / "home"


def test_written_and_found(runtime):
    (path,) = write_endpoint(HERE)
    assert find_endpoint() == HERE
    assert find_endpoint().key == b"\xab" * 32
    assert path == runtime / "endpoint.json"
    assert list(runtime.iterdir()) == [path]


@posix
def test_only_its_owner_can_read_it(runtime):
    (path,) = write_endpoint(HERE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700


def test_a_second_daemon_replaces_it_and_the_first_leaves_it_alone(runtime):
    write_endpoint(HERE)
    newer = Endpoint(**{**HERE.__dict__, "instance": "def"})
    write_endpoint(newer)
    remove_endpoint("abc")
    assert find_endpoint() == newer
    remove_endpoint("def")
    with pytest.raises(DaemonUnreachable, match=str(runtime)):
        find_endpoint()


@linux
def test_it_is_in_the_session_directory_and_where_flatpak_sees_it(home, tmp_path, monkeypatch):
    session, shared = tmp_path / "session" / "huedot", home / ".cache" / "huedot" / "run"
    assert paths.runtime_directories() == [session, shared]
    assert str(session) == platformdirs.user_runtime_dir("huedot")
    write_endpoint(HERE)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "inside"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "moved"))
    assert find_endpoint() == HERE
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert find_endpoint() == HERE
    assert paths.runtime_directories() == [shared]


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_can_open_is_refused(runtime, mode):
    (path,) = write_endpoint(HERE)
    path.chmod(mode)
    with pytest.raises(Unauthorized, match="chmod"):
        find_endpoint()


@posix
def test_a_link_is_refused_even_to_a_good_file(runtime, tmp_path):
    (path,) = write_endpoint(HERE)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unauthorized, match="link"):
        find_endpoint()


@posix
def test_another_users_file_is_refused(runtime, monkeypatch):
    write_endpoint(HERE)
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    with pytest.raises(Unauthorized, match="another user"):
        find_endpoint()


@posix
def test_a_pipe_in_its_place_does_not_block(runtime):
    paths.private_directory(runtime)
    os.mkfifo(runtime / "endpoint.json", 0o600)
    with pytest.raises(Unauthorized):
        find_endpoint()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        "[" * 50_000,
        "\x00" * 70_000,
        json.dumps({**HERE.__dict__, "secret": "ab"}),
        json.dumps({**HERE.__dict__, "secret": ""}),
        json.dumps({**HERE.__dict__, "secret": "xy" * 32}),
        json.dumps({**HERE.__dict__, "address": "ipc:///s"}),
        json.dumps({**HERE.__dict__, "address": 5}),
        json.dumps({**HERE.__dict__, "pid": "42"}),
    ],
)
def test_malformed_files(runtime, content):
    (path,) = write_endpoint(HERE)
    path.write_text(content)
    with pytest.raises(FileError, match="not an endpoint file"):
        find_endpoint()


def test_fields_of_a_later_minor_version_are_ignored(runtime):
    (path,) = write_endpoint(HERE)
    path.write_text(json.dumps({**HERE.__dict__, "later": 1}))
    assert read_endpoint(path) == HERE


@posix
def test_a_runtime_directory_that_others_can_enter_is_refused(runtime):
    runtime.mkdir(mode=0o755)
    with pytest.raises(Unauthorized, match="chmod"):
        write_endpoint(HERE)


@posix
def test_a_runtime_directory_that_is_a_link_is_refused(runtime, tmp_path):
    runtime.symlink_to(tmp_path)
    with pytest.raises(Unauthorized):
        write_endpoint(HERE)


def test_no_room_for_the_file(runtime, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(endpoint.os, "fsync", full)
    with pytest.raises(FileError, match="No space"):
        write_endpoint(HERE)
    assert list(runtime.iterdir()) == []


@posix
def test_a_socket_path_is_always_short_enough(short_directory, monkeypatch):
    monkeypatch.setenv("HUEDOT_RUNTIME", str(short_directory))
    assert paths.socket_path() == short_directory / "daemon.sock"
    long = [short_directory / ("é" * 60), short_directory / ("ü" * 60)]
    found = []
    for directory in long:
        monkeypatch.setenv("HUEDOT_RUNTIME", str(directory))
        found.append(paths.socket_path())
        assert len(os.fsencode(found[-1])) <= paths.MAX_SOCKET_PATH
    assert len({*found}) == 2


@pytest.mark.parametrize(("platform", "refusals", "is_written"), [("win32", 3, True), ("linux", 1, False)])
def test_a_file_that_is_being_read_is_replaced_when_windows_lets_it(
    tmp_path, monkeypatch, platform, refusals, is_written
):
    path, left, replace = tmp_path / "file", [refusals], Path.replace
    path.write_bytes(b"old")

    def refused(part, target):
        if left[0]:
            left[0] -= 1
            raise PermissionError(13, "Access is denied")
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", refused)
    monkeypatch.setattr("huedot.protocol.paths.sys.platform", platform)
    with nullcontext() if is_written else pytest.raises(FileError, match="Access is denied"):
        paths.write_whole(path, b"new")
    assert path.read_bytes() == (b"new" if is_written else b"old")
    assert list(tmp_path.iterdir()) == [path]
