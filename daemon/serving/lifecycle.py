"""The daemon's life: one at a time, found by its endpoint file, started detached, stopped cleanly."""

from __future__ import annotations

import logging
import logging.handlers
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from platformdirs import user_log_path

from huedot.protocol import launcher
from huedot.protocol.client import Client
from huedot.protocol.endpoint import SHARED, Endpoint, find_endpoint, remove_endpoint, write_endpoint
from huedot.protocol.errors import ArgumentError, DaemonUnreachable, FileError, HueDotError, Unauthorized
from huedot.protocol.finding import record
from huedot.protocol.paths import private_directory, runtime_directories, socket_path
from huedot.protocol.wire import VERSION, Header

from .activation import announce, inherited, is_announced, is_installed
from .keys import KEY_BYTES, read_or_make_key

LOCK = "daemon.lock"
LOG_BYTES, LOGS_KEPT = 1 << 20, 3
# How long a daemon may take to stop when asked, before it is told, and before it is killed.
STOP_S = 5.0
POLL_S = 0.05
# Longer than the lock is held by one who only looks whether a daemon holds it.
LOOK_S = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServeOptions:
    """How a daemon serves; each field is an option of `huedot serve`."""

    model: str = "huedot"
    device: str = "auto"
    # 127.0.0.1 instead of a Unix socket.
    tcp: bool = not hasattr(socket, "AF_UNIX")
    # 0: any that is free.
    port: int = 0
    # The file that holds TCP's secret; without one it is new at every start.
    key: str = ""
    cache_bytes: int = 2 << 30  # of photographs
    # Seconds without a request, after which the network leaves memory; 0 for never.
    idle_unload_s: float = 15 * 60
    # Seconds without a request, after which the daemon exits; 0 for never.
    idle_exit_s: float = 60 * 60
    # Threads of torch; 0 for its own choice.
    threads: int = 0

    def words(self) -> list[str]:
        """Return the options that differ from the defaults, as words of the command line."""
        words = []
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default:
                flag = f"--{each.name.replace('_', '-')}"
                words += [flag] if value is True else [flag, str(value)]
        return words


def command() -> list[str]:
    """Return the words that start this HueDot's daemon, from wherever it is started."""
    return [*launcher.python("huedot.daemon.cli"), "serve"]


def serve(options: ServeOptions = ServeOptions()) -> bool:
    """Serve in this process until told to stop; returns False, within half a second, if a daemon runs already.

    Raises FileError or Unauthorized if the runtime directory cannot be used, ArgumentError for a port that is taken.
    """
    _log_to_file()
    if is_shared():
        raise ArgumentError("serve", "this user's editors use a shared daemon.", "To have one here: huedot leave.")
    path = private_directory(runtime_directories()[-1]) / LOCK
    lock = FileLock(path)
    try:
        lock.acquire(timeout=LOOK_S, poll_interval=POLL_S / 10)
    except Timeout:
        log.info("a daemon runs already")
        return False
    except OSError as error:
        raise FileError(f"{path} cannot be made: {error.strerror}.", "Make room, or set HUEDOT_RUNTIME.") from error
    with lock:
        _record_command()
        return _serve(options)


def _record_command() -> None:
    """Let plugins that were unpacked by hand find this HueDot; without that, they say how it can be found."""
    try:
        record(command())
    except HueDotError as error:
        log.warning("plugins are not told where HueDot is: %s", error.message)


def _serve(options: ServeOptions) -> bool:
    from huedot.daemon.computing.exchange import ComputingOptions
    from huedot.daemon.computing.process import ComputingProcess

    from .server import Server

    passed_on = inherited()
    # Its socket is not ours to replace.
    if not passed_on and is_installed() and is_announced():
        what = "systemd listens for this user's daemon, and starts it."
        raise ArgumentError("serve", what, "To start it now: huedot start; to have none: huedot service uninstall.")
    listener = passed_on or (None if options.tcp else _make_socket())
    secret = b"" if listener else _secret(options)
    computing = ComputingProcess(ComputingOptions(options.model, options.device, options.cache_bytes, options.threads))
    server = Server(computing, secret, options.idle_unload_s, options.idle_exit_s, is_shared=bool(options.key))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    try:
        address = server.listen_unix(listener, str(socket_path())) if listener else server.listen_tcp(options.port)
        facts = (os.getpid(), VERSION, version("huedot"), server.instance, secret.hex(), time.time())
        write_endpoint(Endpoint(address, *facts))
        log.info("serving at %s, protocol %s", address, VERSION)
        server.run()
    finally:
        remove_endpoint(server.instance)
        if passed_on:
            announce()
        elif not options.tcp:
            socket_path().unlink(missing_ok=True)
    log.info("stopped")
    return True


def _secret(options: ServeOptions) -> bytes:
    """Return what signs messages on TCP."""
    return read_or_make_key(Path(options.key)) if options.key else os.urandom(KEY_BYTES)


def _make_socket() -> socket.socket:
    """Make the socket ourselves: libzmq would take over another daemon's, and leave the modes to the umask."""
    path = socket_path()
    private_directory(path.parent)
    # Stale: we hold the lock.
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o077)
    try:
        listener.bind(str(path))
    except OSError as error:
        raise FileError(f"The socket {path} cannot be made: {error.strerror}.", "Set HUEDOT_RUNTIME.") from error
    finally:
        os.umask(mask)
    listener.listen(128)
    return listener


def log_path() -> Path:
    """Return where the daemon's log is."""
    return user_log_path("huedot", appauthor=False) / "daemon.log"


class LogFile(logging.handlers.RotatingFileHandler):
    """A log that does not grow forever, and is given up, which is said once, when it cannot be written."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Go on without this file: its disk may be full."""
        logging.getLogger().removeHandler(self)
        log.warning("no log in %s any more: %s", self.baseFilename, sys.exc_info()[1])


def _log_to_file() -> None:
    """Log to a file that does not grow forever, beside stderr; without the file if it cannot be written."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = LogFile(path, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT)
    except OSError as error:
        log.warning("no log in %s: %s", path, error.strerror)
        return
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    logging.getLogger().addHandler(handler)


def start(options: ServeOptions = ServeOptions(), timeout: float = launcher.PATIENCE_S) -> tuple[Header, bool]:
    """Start a daemon, detached, unless one runs; returns its `hello`, and whether it is new.

    Raises DaemonUnreachable if it does not come up within `timeout` seconds.
    """
    stale = ""
    try:
        endpoint = find_endpoint()
        stale = endpoint.instance
        return status_hello(), endpoint.is_waiting
    except (DaemonUnreachable, Unauthorized) as error:
        # Its file is not what it should be.
        if (isinstance(error, Unauthorized) and not stale) or stale == SHARED:
            raise
        launcher.launch(dead=stale, patience=timeout, words=[*command(), *options.words()])
        return status_hello(), True


def status_hello() -> Header:
    """Return the `hello` of the daemon that runs; raises DaemonUnreachable if none does."""
    with _client() as client:
        return client.connect()


def status() -> Header:
    """Return what the daemon says of itself; raises DaemonUnreachable if none runs."""
    if is_announced():
        what = "No daemon runs; systemd starts one when somebody connects."
        raise DaemonUnreachable(what, "To start it now: huedot start.")
    with _client() as client:
        return client.status()


def stop() -> bool:
    """Stop the daemon, by force if it hangs; returns whether one ran. One that is shared is no one user's to stop."""
    try:
        endpoint = find_endpoint()
    except DaemonUnreachable:
        return False
    if endpoint.is_shared:
        raise DaemonUnreachable("The daemon is a shared one.", "For one of your own: huedot leave.")
    if endpoint.is_waiting:
        return False
    process, ends = _process(endpoint), True
    try:
        with _client() as client:
            client.shutdown()
    except HueDotError:
        # It hangs, is shared or of another version; or a stranger has taken the port of one that died.
        ends = False
        if process is None:
            remove_endpoint(endpoint.instance)
            return False
    if process is not None:
        _end(process, ends)
    # One that was killed leaves its file behind.
    remove_endpoint(endpoint.instance)
    if is_installed():
        announce()
    return True


def is_shared() -> bool:
    """Return whether this user's editors use a daemon that is not theirs."""
    try:
        return find_endpoint().is_shared
    except HueDotError:
        return False


def leave() -> bool:
    """Turn away from a shared daemon, back to what starts one on this machine; returns whether there was one."""
    was_shared = is_shared()
    remove_endpoint(SHARED)
    if was_shared and is_installed():
        announce()
    return was_shared


def _process(endpoint: Endpoint) -> psutil.Process | None:
    """Return the daemon's process, unless its number has passed to another."""
    try:
        process = psutil.Process(endpoint.pid)
        # Times are not compared: clocks are set.
        return process if _is_locked() and "serve" in process.cmdline() else None
    except psutil.Error:
        return None


def _is_locked() -> bool:
    """Return whether a daemon holds the lock, which the system drops when it dies."""
    try:
        with FileLock(private_directory(runtime_directories()[-1]) / LOCK).acquire(timeout=0):
            return False
    except Timeout:
        return True


def _end(process: psutil.Process, ends: bool) -> None:
    """End a process, and wait for that. ends: whether it is about to end by itself."""
    for force in (*([lambda: None] if ends else []), process.terminate, process.kill):
        try:
            force()
            process.wait(STOP_S)
            return
        except psutil.TimeoutExpired:
            continue
        except psutil.NoSuchProcess:
            return
    raise HueDotError(f"Process {process.pid} does not end.", "Restart the computer.")


def _client() -> Client:
    return Client("huedot", version("huedot"), launch=False)
