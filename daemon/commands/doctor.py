"""Check what coloring needs, part by part, and say how to fix what is wrong; a daemon it had to start is stopped."""

from __future__ import annotations

import argparse
import platform
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

from huedot.daemon.install import plugins, service
from huedot.daemon.serving import activation, lifecycle
from huedot.daemon.serving.client import Client as DaemonClient
from huedot.protocol.client import Client
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import DaemonUnreachable, FileError, HueDotError
from huedot.protocol.messages import Hints
from huedot.protocol.paths import ENDPOINT, check_private, runtime_directories
from huedot.protocol.wire import VERSION
from huedot.weights import files

from .options import add_json, add_model, model_of
from .terminal import say_columns, say_json, working

PACKAGES = ("huedot", "torch", "numpy", "pillow", "pyzmq", "msgpack")
# Pixels on a side of the picture that is sent round.
SIDE = 64


@dataclass(frozen=True)
class Check:
    """One line of the answer."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_model(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check everything; 1 if anything is wrong."""
    with working("checking"):
        checks = list(_checks(model_of(arguments)))
    ok = all(check.ok for check in checks)
    if arguments.json:
        say_json({"ok": ok, "checks": [asdict(check) for check in checks]})
    else:
        say_columns(("ok" if c.ok else "PROBLEM", c.name, f"{c.found} {c.remedy}".rstrip()) for c in checks)
    return 0 if ok else 1


def _checks(model: str | None) -> Iterator[Check]:
    yield _check("versions", _versions)
    yield _check("device", _device)
    for name in files.present(model or "huedot"):
        yield _check("weights", lambda name=name: _weights(name))  # type: ignore[misc]
    yield _check("endpoint", _endpoint)
    yield _check("service", _service)
    yield _check("log", lambda: str(lifecycle.log_path()))
    for editor in plugins.EDITORS:
        for destination in plugins.destinations(editor):
            yield _check(f"{editor} plugin", lambda found=destination: _plugin(found))  # type: ignore[misc]
    yield _check("round trip", lambda: _round_trip(model))


def _check(name: str, look: Callable[[], str]) -> Check:
    """Run one check: a boundary, for whatever goes wrong in it is its answer, and the others go on."""
    try:
        return Check(name, True, look())
    except HueDotError as error:
        return Check(name, False, error.message, error.remedy)
    except Exception as error:  # noqa: BLE001
        return Check(name, False, f"{type(error).__name__}: {error}.", "Install HueDot again: pipx reinstall huedot.")


def _versions() -> str:
    try:
        packages = [f"{name} {version(name)}" for name in PACKAGES]
    except PackageNotFoundError as error:
        raise ImportError(f"{error.name} is not installed") from error
    return ", ".join([*packages, f"Python {platform.python_version()}", f"protocol {VERSION}"])


def _device() -> str:
    import torch

    from huedot.model.colorizer import choose_device

    device = choose_device("auto")
    if device.type == "cuda":
        return f"cuda, {torch.cuda.get_device_name()}"
    return f"{device.type}, {torch.get_num_threads()} threads"


def _weights(model: str) -> str:
    from huedot.daemon.install import published
    from huedot.model import loading

    path = files.find(model)
    if model in files.MODELS:
        return f"{model}, {path.stat().st_size / 1e6:.1f} MB: {published.check(model)}"
    architecture = loading.architecture_of(*loading.read_weights(path), path)
    return f"{path}, {path.stat().st_size / 1e6:.1f} MB, for {architecture}"


def _endpoint() -> str:
    for directory in runtime_directories():
        if directory.exists():
            check_private(directory, directory.lstat(), stat.S_ISDIR)
    try:
        endpoint = find_endpoint()
    except DaemonUnreachable:
        return f"{runtime_directories()[-1] / ENDPOINT} is yet to be written: no daemon runs"
    if endpoint.is_waiting:
        return f"{endpoint.address}, where systemd starts a daemon when somebody connects"
    return f"{endpoint.address}, {'shared' if endpoint.is_shared else f'process {endpoint.pid}'}"


def _service() -> str:
    if not activation.is_installed():
        return "none: editors and commands start the daemon"
    if not service.is_current():
        raise FileError("The units of systemd start another HueDot.", "Write them again: huedot service install.")
    if (state := service.state()) != "active":
        remedy = f"systemctl --user enable --now {activation.SOCKET_UNIT}, or: huedot service uninstall."
        raise HueDotError(f"systemd does not listen ({activation.SOCKET_UNIT} is {state}).", remedy)
    return "systemd listens"


def _plugin(destination: plugins.Destination) -> str:
    if not destination.is_installed:
        return f"{destination.kind}: not installed (huedot install {destination.editor})"
    if not destination.is_current:
        raise FileError(
            f"{destination.plugin} is of another HueDot.", f"Update it: huedot install {destination.editor}."
        )
    return f"{destination.kind}: {destination.plugin}, current"


def _round_trip(model: str | None) -> str:
    _, is_new = lifecycle.start()
    try:
        with DaemonClient("huedot", version("huedot"), launch=False) as client:
            return _measure(client, model)
    finally:
        if is_new:
            lifecycle.stop()


def _measure(client: Client, model: str | None) -> str:
    client.connect()
    began = time.perf_counter()
    image = client.open_image(bytes(SIDE * SIDE), SIDE, SIDE, 1, model)
    answer = client.colorize(image, Hints(model=model))
    taken = time.perf_counter() - began
    return (
        f"{SIDE} x {SIDE} pixels in {1000 * taken:.0f} ms on {answer.device}, a ping in {1000 * client.ping():.1f} ms"
    )
