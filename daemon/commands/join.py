"""Use a shared daemon, which runs on another machine, through a tunnel to it; `leave` ends that."""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

from huedot.daemon.serving import lifecycle
from huedot.daemon.serving.keys import read_key
from huedot.protocol.endpoint import SHARED, Endpoint, write_endpoint
from huedot.protocol.errors import HueDotError
from huedot.protocol.wire import VERSION

from .options import add_json, whole
from .start import SHOWN
from .terminal import say, say_json, working


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("port", type=whole(1, 65535), metavar="PORT", help="of 127.0.0.1, at which the tunnel begins")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the file that holds the daemon's key")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Stop a daemon of one's own, turn to the shared one, and see that it answers."""
    key = read_key(arguments.key.expanduser())
    if not lifecycle.is_shared():
        lifecycle.stop()
    address = f"tcp://127.0.0.1:{arguments.port}"
    write_endpoint(Endpoint(address, 0, VERSION, version("huedot"), SHARED, key.hex(), 0.0))
    try:
        with working("asking the shared daemon"):
            hello = lifecycle.status_hello()
    except HueDotError:
        lifecycle.leave()
        raise
    if arguments.json:
        say_json({"address": address, **{name: hello[name] for name in SHOWN}})
    else:
        say(f"Editors and commands use the daemon at {address}, on {hello['device']}. To undo this: huedot leave")
    return 0
