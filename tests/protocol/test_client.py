import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from huedot.protocol import client as client_module
from huedot.protocol import endpoint, launcher, wire
from huedot.protocol.client import Client
from huedot.protocol.errors import (
    ArgumentError,
    BadRequest,
    Cancelled,
    DaemonUnreachable,
    FileError,
    ImageUnknown,
    OutOfMemory,
    TooLarge,
    Unauthorized,
    UnsupportedVersion,
)
from huedot.protocol.messages import Hints
from huedot.protocol.session import Session
from huedot.protocol.zmtp import ZmtpTransport

CONFTEST = Path(__file__).with_name("conftest.py")
# 4 x 4 RGB.
PIXELS = bytes(range(12)) * 4


@pytest.fixture
def client():
    with Client("test", "0", launch=False) as one:
        yield one


def hold_images(daemon):
    """Let a tiny daemon hold images, and answer `colorize` with one tile."""
    held = set()

    def open_image(header, frames):
        held.add(header["image"])
        return [({"kind": "result", "image": header["image"]}, [])]

    def colorize(header, frames):
        if header["image"] not in held:
            return ImageUnknown("Who?", "Send it.")
        fields = {"result": header["id"], "x": 0, "y": 0, "width": 4, "height": 4, "channels": 3, "base": None}
        fields |= {"tiles": [[0, 0, 4, 4]], "device": "cpu", "milliseconds": 1, "warnings": []}
        return [({"kind": "result", **fields}, [bytes(48)])]

    daemon.answers.update(open_image=open_image, colorize=colorize)
    return held


def operations(daemon):
    return [request["op"] for request in daemon.requests]


def test_hello_comes_first_and_once(start, client):
    daemon = start()
    assert 0 < client.ping() < 5
    client.ping()
    assert operations(daemon) == ["hello", "ping", "ping"]
    assert client.connect()["instance"] == "one"


def test_an_image_and_its_colors(start, client):
    daemon = start()
    hold_images(daemon)
    image = client.open_image(PIXELS, 4, 4, 3)
    answer = client.colorize(image, Hints(layer=[(0, 0, 1, 2)], pixels=bytes(8)), area=(0, 0, 4, 4))
    assert answer.tiles[0].pixels == bytes(48)
    request = daemon.requests[-1]
    assert (request["layer"], request["frames"]) == ([[0, 0, 1, 2]], [8])
    assert "model" not in request


def test_a_forgotten_image_is_sent_again(start, client):
    daemon = start()
    held = hold_images(daemon)
    image = client.open_image(PIXELS, 4, 4, 3)
    held.clear()
    client.colorize(image)
    assert operations(daemon)[-4:] == ["open_image", "colorize", "open_image", "colorize"]


def test_an_image_that_the_client_does_not_hold(start, client):
    hold_images(start())
    with pytest.raises(ImageUnknown) as caught:
        client.colorize("ab" * 32)
    assert caught.value.remedy == "Send it."


def test_only_the_last_few_images_are_kept(start, client):
    hold_images(start())
    for i in range(client_module.KEPT["image"] + 3):
        client.open_image(bytes([i]) * 48, 4, 4, 3)
    assert len(client._kept["image"]) == client_module.KEPT["image"]


def test_what_is_used_is_kept_and_references_beside_photographs(start, client):
    daemon = start()
    held = hold_images(daemon)
    daemon.answers["histogram"] = lambda header, frames: [({"kind": "result", "histogram": header["histogram"]}, [])]
    image = client.open_image(PIXELS, 4, 4, 3)
    reference = str(client.histogram(PIXELS, 4, 4, 3).fields["histogram"])
    for i in range(client_module.KEPT["image"] + 3):
        client.open_image(bytes([i]) * 48, 4, 4, 3)
        client.colorize(image, Hints(histogram=reference))
    held.clear()
    assert client.colorize(image, Hints(histogram=reference)).tiles
    assert operations(daemon)[-4:] == ["colorize", "open_image", "histogram", "colorize"]


def test_the_daemon_dies_and_its_successor_gets_everything(start, client):
    first = start("one")
    hold_images(first)
    image = client.open_image(PIXELS, 4, 4, 3)
    first.close()
    second = start("two")
    hold_images(second)
    assert client.colorize(image).tiles
    assert operations(second) == ["hello", "colorize", "open_image", "colorize"]
    assert client.connect()["instance"] == "two"


def test_the_daemon_dies_while_it_computes(start, client):
    first = start("one")

    def die(header, frames):
        start("two", status=lambda header, frames: [({"kind": "result", "id": header["id"], "fine": True}, [])])
        first.router.stop()
        return []

    first.answers["status"] = die
    assert client.status()["fine"] is True
    assert client.connect()["instance"] == "two"


def test_no_daemon_and_no_leave_to_start_one(runtime, client):
    with pytest.raises(DaemonUnreachable, match="huedot start"):
        client.ping()


def test_a_stale_file(start, client):
    start().close()
    with pytest.raises(DaemonUnreachable):
        client.ping()


def test_errors_arrive_as_themselves(start, client):
    daemon = start()
    daemon.answers["gamut"] = lambda header, frames: ArgumentError("lightness", "must be a number.")
    with pytest.raises(ArgumentError) as caught:
        client.gamut(5)
    assert caught.value.argument == "lightness"
    daemon.answers["gamut"] = lambda header, frames: OutOfMemory("Full.", "Use a smaller image.")
    with pytest.raises(OutOfMemory, match="smaller"):
        client.gamut(5)


def test_progress_and_late_replies(start, client):
    daemon = start()

    def variations(header, frames):
        return [
            ({"id": "of another age", "kind": "result"}, []),
            ({"kind": "progress", "stage": "loading", "fraction": None}, []),
            ({"kind": "progress", "stage": "coloring", "fraction": 0.5}, []),
            ({"kind": "result", "mine": True}, []),
        ]

    daemon.answers["status"] = variations
    seen = []
    reply = client.request("status", on_progress=lambda stage, fraction: seen.append((stage, fraction)))
    assert reply.fields["mine"] is True
    assert seen == [("loading", None), ("coloring", 0.5)]


def test_cancel_from_another_thread(start, client):
    daemon = start()
    begun = threading.Event()
    daemon.answers["status"] = lambda header, frames: begun.set() or []
    daemon.answers["cancel"] = lambda header, frames: [
        ({"id": header["target"], "kind": "error", "code": "cancelled", "message": "", "remedy": ""}, []),
        ({"kind": "result", "cancelled": True}, []),
    ]
    thread = threading.Thread(target=lambda: begun.wait(5) and client.cancel())
    thread.start()
    with pytest.raises(Cancelled):
        client.status()
    thread.join()
    # The answer to `cancel` itself disturbs nobody.
    client.ping()


def test_superseded_is_told(start, client):
    start().answers["status"] = lambda header, frames: [({"kind": "superseded", "by": "9"}, [])]
    with pytest.raises(Cancelled, match="newer"):
        client.status()


def test_a_busy_daemon_is_pinged_and_a_hanging_one_given_up(start, client, monkeypatch):
    monkeypatch.setattr(client_module, "PING_AFTER_S", 0.05)
    monkeypatch.setattr(client_module, "SILENT_AFTER_S", 1.0)
    daemon = start()
    daemon.answers["gamut"] = lambda header, frames: []
    pings = []

    def pong(header, frames):
        pings.append(header)
        return [({"kind": "result"}, [])] if len(pings) < 5 else []

    daemon.answers["ping"] = pong
    begin = time.monotonic()
    with pytest.raises(DaemonUnreachable, match="does not answer"):
        client.gamut(50)
    # Five silences, of which four were broken.
    assert time.monotonic() - begin > 1.2
    assert len(pings) == 5
    assert operations(daemon).count("gamut") == 1


def test_a_request_may_have_its_own_limit(start, client):
    start().answers["gamut"] = lambda header, frames: []
    with pytest.raises(DaemonUnreachable):
        client.request("gamut", {"lightness": 5}, timeout=0.1)


def test_another_major_version(start, client, monkeypatch):
    start()
    monkeypatch.setattr("huedot.protocol.session.VERSION", "3.0")
    with pytest.raises(UnsupportedVersion, match=r"3\.0"):
        client.connect()


def test_a_daemon_of_another_major_version_that_does_not_mind(start, client):
    start(hello=lambda header, frames: [({"kind": "result", "protocol": "3.0", "nonce": bytes(16)}, [])])
    with pytest.raises(UnsupportedVersion, match=r"3\.0"):
        client.connect()


@pytest.mark.parametrize(("version", "is_sent"), [("2.0", False), ("2.1", True), ("2.9", True)])
def test_a_daemon_is_told_only_what_it_knows(start, client, version, is_sent):
    daemon = start(hello=lambda header, frames: [({"kind": "result", "protocol": version, "nonce": b"n" * 16}, [])])
    hold_images(daemon)
    image = client.open_image(PIXELS, 4, 4, 3)
    client.colorize(image, Hints(saturation=0.5, vividness=1.5))
    request = daemon.requests[-1]
    assert request["saturation"] == 0.5
    assert ("vividness" in request) == is_sent


def test_what_is_too_large_is_not_sent_and_harms_nothing(start, client):
    daemon = start()
    client.ping()
    with pytest.raises(TooLarge):
        client.request("ping", {"text": "x" * wire.MAX_HEADER_BYTES})
    with pytest.raises(BadRequest):
        client.request("ping", {"text": object()})
    client.ping()
    assert operations(daemon) == ["hello", "ping", "ping"]


@pytest.mark.parametrize("address", ["tcp"], indirect=True)
def test_a_wrong_secret_on_either_side(start, client):
    daemon = start(secret=b"x" * 32)
    wrong = endpoint.Endpoint(**{**daemon.endpoint.__dict__, "secret": "00" * 32})
    endpoint.write_endpoint(wrong)
    with pytest.raises(Unauthorized):
        client.ping()
    assert daemon.requests == []


@pytest.mark.parametrize("address", ["tcp"], indirect=True)
def test_an_impostor_who_never_read_the_file(start, client):
    """It takes the port of a dead daemon, answers every hello, and is believed nothing."""
    impostor = start(secret=b"")
    endpoint.write_endpoint(endpoint.Endpoint(**{**impostor.endpoint.__dict__, "secret": "00" * 32}))
    impostor.new_channel = lambda: Gullible(b"", wire.DAEMON)
    with pytest.raises(Unauthorized):
        client.ping()


class Gullible(wire.Channel):
    """Accepts any signature, and can make none."""

    def open(self, parts):
        return super().open([b"", *parts[1:]])


def test_a_daemon_that_forgot_the_connection_is_greeted_again(start, client):
    daemon = start()
    client.ping()
    daemon.channels.clear()
    client.ping()
    assert operations(daemon) == ["hello", "ping", "hello", "ping"]


def test_a_session_for_an_event_loop_never_waits(start):
    daemon = start()
    session = Session(ZmtpTransport(daemon.endpoint.address), daemon.endpoint.key, "test", "0")
    session.send("1", "ping", {})
    session.send("2", "ping", {})
    deadline = time.monotonic() + 5
    seen = []
    while len(seen) < 2 and time.monotonic() < deadline:
        reply = session.receive(0)
        seen += [reply.id] if reply else []
    session.close()
    assert seen == ["1", "2"]


SERVE = """
import runpy, sys, threading
from huedot.protocol.endpoint import write_endpoint
tiny = runpy.run_path(sys.argv[1])["TinyDaemon"](sys.argv[2], instance="launched")
done = threading.Event()
tiny.answers["shutdown"] = lambda header, frames: done.set() or [({"kind": "result"}, [])]
write_endpoint(tiny.endpoint)
done.wait(30)
tiny.close()
"""


def launch_with(monkeypatch, words):
    monkeypatch.setattr(launcher, "command", lambda: words)


@pytest.mark.parametrize("stale", [False, True])
def test_a_missing_daemon_is_started(runtime, short_directory, monkeypatch, stale):
    if stale:
        endpoint.write_endpoint(endpoint.Endpoint(f"ipc://{short_directory}/dead", 1, "2.0", "0", "dead", "", 0.0))
    launch_with(monkeypatch, [sys.executable, "-c", SERVE, str(CONFTEST), f"ipc://{short_directory}/s"])
    with Client("test", "0") as client:
        assert client.connect()["instance"] == "launched"
        assert endpoint.find_endpoint().pid != os.getpid()
        client.shutdown()


def test_a_daemon_that_fails_to_start_is_quoted(runtime, monkeypatch):
    launch_with(monkeypatch, [sys.executable, "-c", "raise SystemExit('no weights here')"])
    with pytest.raises(DaemonUnreachable, match="no weights here"):
        launcher.launch()


def test_a_daemon_that_does_not_come_up(runtime, monkeypatch):
    launch_with(monkeypatch, [sys.executable, "-c", "input()"])
    monkeypatch.setattr(launcher.subprocess, "DEVNULL", launcher.subprocess.PIPE)
    with pytest.raises(DaemonUnreachable, match=r"within 0\.2 seconds"):
        launcher.launch(patience=0.2)


def test_a_daemon_that_hangs_is_to_be_restarted(runtime, short_directory, monkeypatch):
    """A second one ends in peace, since the first has the lock."""
    endpoint.write_endpoint(endpoint.Endpoint(f"ipc://{short_directory}/hung", 1, "2.0", "0", "hung", "", 0.0))
    launch_with(monkeypatch, [sys.executable, "-c", ""])
    monkeypatch.setattr(launcher, "OTHER_S", 0.2)
    with pytest.raises(DaemonUnreachable, match="huedot restart"):
        launcher.launch(dead="hung")


def test_a_command_that_is_gone(runtime, monkeypatch):
    launch_with(monkeypatch, ["/nonexistent/huedot", "serve"])
    with pytest.raises(DaemonUnreachable, match="/nonexistent/huedot"):
        launcher.launch()


def test_the_editors_own_python_does_not_leak(runtime, monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    monkeypatch.setenv("HUEDOT_TEST", "kept")
    assert "PYTHONHOME" not in launcher._environment()
    assert launcher._environment()["HUEDOT_TEST"] == "kept"


def test_which_command(runtime, tmp_path, monkeypatch):
    monkeypatch.setattr(launcher, "__file__", str(tmp_path / "launcher.py"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher, "_importable", lambda module: False)
    with pytest.raises(DaemonUnreachable, match="pipx install huedot"):
        launcher.command()
    program = tmp_path / "huedot"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert launcher.command() == [str(program), "serve"]
    recorded = tmp_path / "daemon.json"
    recorded.write_text(json.dumps({"command": ["/opt/python", "-m", "x"]}))
    assert launcher.command() == ["/opt/python", "-m", "x"]
    # As an archive has it.
    recorded.write_text('{"version": "1"}')
    assert launcher.command() == [str(program), "serve"]
    for content in ('{"command": "x"}', '{"command": [1]}', "[", "[]"):
        recorded.write_text(content)
        with pytest.raises(FileError):
            launcher.command()
