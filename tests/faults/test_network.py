"""No command of HueDot's uses the network: the system ends any process of theirs that asks for a socket to it."""

import ctypes
import platform
import signal
import socket
import struct
import subprocess
import sys

import numpy as np
import psutil
import pytest
from PIL import Image

from ..daemon.conftest import Daemon
from ..editors.networks import write_warm
from .conftest import normal_request
from .processes import huedot

# Of the processor: the kernel's name for it, and the numbers of the calls `socket` and `io_uring_setup`.
CALLS = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
# Instructions of the kernel's packet filter.
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
SHORT = ("--steps", 1, "--batch", 1, "--crop", 64, "--late-batch", 1, "--late-crop", 64, "--preview-every", 0)
ALLOW, KILL = 0x7FFF0000, 0x80000000


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def only_unix_sockets():
    """Let this process, and all that it starts, have no sockets but Unix ones: to ask for another is its death."""
    architecture, socket_call, ring_call = CALLS[platform.machine()]
    instructions = [
        # The processor.
        (LOAD, 0, 0, 4),
        (EQUAL, 0, 5, architecture),
        # The call.
        (LOAD, 0, 0, 0),
        (EQUAL, 3, 0, ring_call),
        (EQUAL, 0, 3, socket_call),
        # The first argument, the address family.
        (LOAD, 0, 0, 16),
        (EQUAL, 1, 0, socket.AF_UNIX),
        (RETURN, 0, 0, KILL),
        (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    program = Program(len(instructions), ctypes.addressof(code))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "no seccomp")


def is_possible():
    if sys.platform != "linux" or platform.machine() not in CALLS:
        return False
    try:
        return subprocess.run(["true"], preexec_fn=only_unix_sockets, check=False).returncode == 0
    except subprocess.SubprocessError:
        return False


pytestmark = pytest.mark.skipif(not is_possible(), reason="the system has no seccomp that could refuse sockets")
PROBES = {
    "IPv4": "import socket; socket.socket(socket.AF_INET)",
    "IPv6": "import socket; socket.socket(socket.AF_INET6)",
    "a download": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
    "libzmq": "import zmq; zmq.Context().socket(zmq.REP).bind('tcp://127.0.0.1:*')",
    "a grandchild": "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', "
    "'import socket; socket.socket(socket.AF_INET)']).returncode)",
}


@pytest.mark.parametrize("probe", PROBES)
def test_the_trap_works(probe):
    ended = huedot("-c", PROBES[probe], before=only_unix_sockets, command=[sys.executable])
    assert ended.code in (-signal.SIGSYS, 256 - signal.SIGSYS), ended


def test_no_command_uses_the_network(runtime, tmp_path, tiny_weights, picture, monkeypatch, figure):
    """Every command does its work though no process of it could have had a socket to a network."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(tmp_path / "weights"))
    photo, model = tmp_path / "photo.png", ("--model", tiny_weights)
    Image.fromarray(picture).save(photo)
    (tmp_path / "photographs").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "photographs" / "a.png")
    commands = [
        ("start", *model),
        ("status",),
        ("colorize", photo, "-o", tmp_path / "a.png"),
        ("colorize", photo, "-o", tmp_path / "b.png", "--histogram", photo, "--model", "huedot"),
        ("colorize", photo, "-o", tmp_path / "c.png", "--no-daemon", *model),
        ("palette", photo, "--at", "5,5"),
        ("suggest", photo),
        ("variations", photo, "-n", "2", "-o", tmp_path / "several"),
        ("doctor", *model),
        ("restart", *model),
        ("install", "krita", "--folder", tmp_path / "pykrita"),
        ("install", "gimp", "--folder", tmp_path / "plug-ins"),
        ("uninstall", "krita", "--folder", tmp_path / "pykrita"),
        ("evaluate", tmp_path / "photographs", *model),
        ("train", tmp_path / "photographs", "-o", tmp_path / "run", *SHORT),
        ("colorize", tmp_path / "photographs", "-o", tmp_path / "colored", *model),
        ("archives", "-o", tmp_path / "archives"),
        ("weights", "import", write_warm(tmp_path)),
        ("weights", "list"),
        ("weights", "verify"),
        ("stop",),
    ]
    for words in commands:
        ended = huedot(*words, before=only_unix_sockets)
        assert ended.code == 0, (words, ended)
    ended = huedot("weights", "fetch", "siggraph17", before=only_unix_sockets)
    # The one that says so by its name.
    assert ended.code in (-signal.SIGSYS, 256 - signal.SIGSYS), ended
    figure(
        f"{len(commands)} commands without a network", "all work where a socket but a Unix one would have ended them"
    )


def test_a_daemon_on_tcp_is_at_home_only(runtime, tiny_weights, figure):
    """Every socket of it lies on the loopback, while it works and after."""
    daemon = Daemon("--model", tiny_weights, "--tcp").start()
    try:
        assert normal_request()
        process = psutil.Process(daemon.process.pid)
        found = [each for p in (process, *process.children(recursive=True)) for each in p.net_connections("inet")]
        assert found
        assert {end.ip for each in found for end in (each.laddr, each.raddr) if end} == {"127.0.0.1"}
    finally:
        daemon.close()
    figure("the sockets of a daemon on TCP", f"{len(found)} of {len(found)} on 127.0.0.1")
