"""The process that computes is killed, in every way that native code can die; the daemon replaces it and lives on."""

import os
import signal
import time

import psutil
import pytest

from huedot.protocol.client import Client
from huedot.protocol.errors import WorkerCrashed
from huedot.protocol.messages import Hints

from ..daemon.conftest import Daemon, wait_until
from .conftest import DOT, altered, answer, milliseconds, normal_request, opened, photograph


def child_of(daemon):
    """The process that computes: there is one."""
    found = psutil.Process(daemon.process.pid).children()
    return found[0] if found else None


def is_dead(process):
    """Whether all its threads are: the first may be a while before the others, and then nobody can tell its parent."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.NoSuchProcess:
        return True


def busy(session, image):
    """Send what takes seconds, and wait until it is under way."""
    session.send("busy", "variations", {"image": image})
    assert session.receive(10).kind == "progress"


@pytest.mark.parametrize("how", [signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL], ids=lambda how: how.name)
def test_the_computing_process_dies_in_the_middle(daemon, connect, figure, how):
    """That request fails, and says so; those that wait, of others too, are answered; pings go on meanwhile."""
    session, other = connect(), connect()
    image, theirs = opened(session, width=800, height=600), opened(other, 1)
    busy(session, image)
    other.send("waits", "gamut", {"lightness": 50.0})
    began = time.perf_counter()
    child_of(daemon).send_signal(how)
    failed = answer(session, "busy")
    known = milliseconds(began)
    session.send("ping", "ping", {})
    assert answer(session, "ping").kind == "result"
    early = other.receive(0)
    assert early is None or early.kind == "progress", "the ping waited for the next process"
    assert failed.fields["code"] == WorkerCrashed.code
    assert how.name in failed.fields["message"]
    assert answer(other, "waits").kind == "result"
    again = milliseconds(began)
    other.send("gone", "palette", {"image": theirs, "x": 1, "y": 1})
    assert answer(other, "gone").fields["code"] == "image_unknown", "the photographs went with it, and nobody is told"
    assert daemon.process.poll() is None
    figure(
        f"the computing process dies of {how.name}", f"told after {known:.0f} ms; the next answer after {again:.0f} ms"
    )


def test_the_computing_process_dies_while_it_rests(daemon, figure):
    """Nobody notices: it is replaced, and the photograph is sent again."""
    with Client("tests", "1", launch=False) as client:
        image = client.open_image(photograph(), 64, 48, 1)
        before = client.colorize(image, Hints(dots=[DOT])).tiles[0].pixels.tobytes()
        child = child_of(daemon)
        child.kill()
        wait_until(lambda: is_dead(child))
        began = time.perf_counter()
        after = client.colorize(image, Hints(dots=[DOT])).tiles[0].pixels.tobytes()
    assert after == before
    figure("the computing process is killed while it rests", f"the same pixels after {milliseconds(began):.0f} ms")


def test_it_dies_again_and_again(daemon, connect, figure):
    """Each time a request fails at most; it starts later each time; the daemon holds no more than before."""
    session = connect()
    normal_request()
    descriptors = psutil.Process(daemon.process.pid).num_fds()
    failures = 0
    for _ in range(4):
        image = opened(session, width=800, height=600)
        busy(session, image)
        child_of(daemon).kill()
        failures += answer(session, "busy", 60).fields["code"] == WorkerCrashed.code
    assert failures == 4
    normal_request()
    wait_until(lambda: psutil.Process(daemon.process.pid).num_fds() <= descriptors)
    assert len(psutil.Process(daemon.process.pid).children()) == 1
    figure(
        "it dies four times in a row", "four requests failed, each with its error; no descriptor and no process is left"
    )


def test_it_hangs(runtime, tiny_weights, tmp_path, figure):
    """One that says nothing for long is replaced: its request fails, and says so, those that wait are answered."""
    impatient = "import huedot.daemon.computing.process as process; process.SILENCE_S = 20"
    daemon = Daemon("--model", tiny_weights).start(**altered(tmp_path, impatient))
    try:
        with Client("tests", "1", launch=False) as client:
            image, child = client.open_image(photograph(), 64, 48, 1), child_of(daemon)
            child.suspend()
            began = time.perf_counter()
            with pytest.raises(WorkerCrashed, match="said nothing for 20 s"):
                client.colorize(image, Hints(dots=[DOT]))
            known = milliseconds(began) / 1000
        assert normal_request()
        assert is_dead(child)
    finally:
        daemon.close()
    figure("the computing process hangs", f"replaced after {known:.1f} s (20 here, 120 usually), and normal service")


def test_the_daemon_is_killed_and_its_child_hangs(runtime, tiny_weights, tmp_path, figure):
    """In a call that nothing interrupts, for one: the process ends nevertheless."""
    hang = "import huedot.daemon.computing.operations as s, time; s.Operations._gamut = lambda *_: time.sleep(1000)"
    daemon = Daemon("--model", tiny_weights).start(**altered(tmp_path, hang, only_child=True))
    with Client("tests", "1", launch=False) as client:
        client.open_image(photograph(), 64, 48, 1)
        client._connected().send("hangs", "gamut", {"lightness": 50.0})
        wait_until(lambda: client.status()["queued"] == 1)
        child = child_of(daemon)
        began = time.perf_counter()
        daemon.kill()
        wait_until(lambda: is_dead(child))
    figure("the daemon is killed -9, its computing process hangs", f"ends after {milliseconds(began):.0f} ms")


def test_the_daemon_is_killed_and_its_child_goes_with_it(daemon, connect, figure):
    """Though it was in the middle of a computation."""
    session = connect()
    busy(session, opened(session, width=800, height=600))
    child = child_of(daemon)
    began = time.perf_counter()
    os.kill(daemon.process.pid, signal.SIGKILL)
    daemon.process.wait()
    wait_until(lambda: is_dead(child))
    figure("the daemon is killed -9: its computing process", f"ends by itself after {milliseconds(began):.0f} ms")
