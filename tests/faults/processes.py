"""The command line in a process of its own: what it said, how it ended, and the most memory it held."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

COMMAND = [sys.executable, "-m", "huedot.daemon.cli"]
PATIENCE_S = 100


class Ended(NamedTuple):
    code: int
    printed: str
    said: str
    seconds: float
    peak: int  # bytes


def huedot(*words, before=None, environment=None, patience=PATIENCE_S, command=COMMAND):
    """Run a command to its end. before: called in the process before the command; environment: added to ours."""
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as said:
        began = time.monotonic()
        process = subprocess.Popen(
            [*command, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=said,
            preexec_fn=before,
            env={**os.environ, **(environment or {})},
        )
        used = _wait(process, began + patience)
        seconds = time.monotonic() - began
        printed.seek(0), said.seek(0)
        return Ended(process.returncode, printed.read(), said.read(), seconds, used.ru_maxrss * 1024)


def _wait(process, deadline) -> resource.struct_rusage:
    """Wait for this one process: what it used is told only to whom reaps it."""
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return used
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.01)
