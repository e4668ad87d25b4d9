"""The systemd units of the daemon: a socket that is always there, and a service that starts when somebody connects."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from huedot.daemon.serving import activation, lifecycle
from huedot.daemon.serving.activation import SOCKET_UNIT, unit_folder
from huedot.daemon.serving.lifecycle import ServeOptions, command
from huedot.protocol.errors import FileError, HueDotError
from huedot.protocol.paths import private_directory, socket_path, write_whole

SERVICE = "huedot.service"
SOCKET_TEXT = """\
[Unit]
Description=Where editors reach HueDot, which colors photographs

[Socket]
ListenStream={path}
SocketMode=0600
DirectoryMode=0700

[Install]
WantedBy=sockets.target
"""
SERVICE_TEXT = """\
[Unit]
Description=HueDot, which colors photographs
Requires=huedot.socket
After=huedot.socket

[Service]
Environment=PYTHONSAFEPATH=1
{environment}WorkingDirectory=/
ExecStart={command}
NoNewPrivileges=yes
TimeoutStopSec=15
"""
# Variables that say where things are.
KEPT = ("HUEDOT_RUNTIME", "HUEDOT_WEIGHTS")


def is_current() -> bool:
    """Return whether the units start this HueDot at its socket."""
    try:
        socket_unit, service = ((unit_folder() / name).read_text(encoding="utf-8") for name in (SOCKET_UNIT, SERVICE))
    except OSError:
        return False
    return socket_unit == units(ServeOptions())[SOCKET_UNIT] and f"ExecStart={_command(command())}" in service


def units(options: ServeOptions) -> dict[str, str]:
    """Return the files by name."""
    variables = [f"{name}={os.environ[name]}" for name in KEPT if name in os.environ]
    environment = f"Environment={_quoted(variables)}\n" if variables else ""
    words = _command([*command(), *options.words()])
    return {
        SOCKET_UNIT: SOCKET_TEXT.format(path=_plain(str(socket_path()))),
        SERVICE: SERVICE_TEXT.format(environment=environment, command=words),
    }


def _plain(text: str) -> str:
    """Write a path of a unit file, in which % means something."""
    return text.replace("%", "%%")


def _quoted(words: list[str]) -> str:
    """Write words of a unit file, in which %, quotes and backslashes mean something."""
    escaped = [_plain(word).replace("\\", "\\\\").replace('"', '\\"') for word in words]
    return " ".join(f'"{word}"' for word in escaped)


def _command(words: list[str]) -> str:
    """Write a command of a unit file, in which $ means something as well."""
    return _quoted(words).replace("$", "$$")


def install(options: ServeOptions) -> list[Path]:
    """Write the units, and have systemd listen; returns their paths.

    Raises FileError if they cannot be written, and HueDotError where systemd does not run for this user: then they are
    removed again, for clients would wait for a socket that nobody holds.
    """
    lifecycle.stop()
    private_directory(socket_path().parent)
    paths = []
    try:
        unit_folder().mkdir(parents=True, exist_ok=True)
        for name, text in units(options).items():
            paths.append(unit_folder() / name)
            write_whole(paths[-1], text.encode("utf-8"))
    except OSError as error:
        raise FileError.unwritable(error.filename, error, "Fix its permissions.") from error
    try:
        _systemctl("daemon-reload")
        _systemctl("enable", SOCKET_UNIT)
        _systemctl("restart", SOCKET_UNIT)
    except HueDotError:
        uninstall()
        raise
    activation.announce()
    return paths


def uninstall() -> list[Path]:
    """Stop listening, and remove the units; returns the paths of those that were there. Raises FileError."""
    paths = [path for path in (unit_folder() / SOCKET_UNIT, unit_folder() / SERVICE) if path.exists()]
    if paths:
        try:
            _systemctl("disable", "--now", SOCKET_UNIT, SERVICE)
        except HueDotError:
            # It does not run, so it does not listen.
            (unit_folder() / "sockets.target.wants" / SOCKET_UNIT).unlink(missing_ok=True)
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{error.filename} cannot be removed: {error.strerror}.", "Fix its permissions.") from error
    activation.withdraw()
    return paths


def state() -> str:
    """Return what systemd says of the socket: active, inactive, failed, or that it cannot be asked."""
    try:
        return _systemctl("show", "--property=ActiveState", "--value", SOCKET_UNIT).strip()
    except HueDotError:
        return "unknown"


def _systemctl(*words: str) -> str:
    """Ask the user's systemd; raises HueDotError if it does not run, or refuses."""
    program = shutil.which("systemctl")
    remedy = "Try it in your own session, not by sudo or su; without systemd: huedot start."
    if program is None:
        raise HueDotError("There is no systemd on this machine.", remedy)
    done = subprocess.run([program, "--user", *words], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it does not say why"]
        raise HueDotError(f"systemd does not do it for this user: {lines[0].rstrip('.')}.", remedy)
    return done.stdout
