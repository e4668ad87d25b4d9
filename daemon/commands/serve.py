"""Run the daemon in the foreground, its log on stderr. If one runs already, exit at once."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from huedot.daemon.serving import lifecycle
from huedot.daemon.serving.lifecycle import ServeOptions

from .options import add_model, model_of, seconds, whole


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_serve_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    lifecycle.serve(serve_options(arguments))
    return 0


def add_serve_options(parser: argparse.ArgumentParser) -> None:
    """Declare the fields of `ServeOptions` as options, for all verbs that start a daemon."""
    usual = ServeOptions()
    add_model(parser, usual.model)
    whole_number, usually = whole(0, 1 << 40), "(default: %(default)s)"
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default=usual.device, help=usually)
    parser.add_argument("--tcp", action="store_true", default=usual.tcp, help="serve 127.0.0.1, not a Unix socket")
    parser.add_argument("--port", type=whole(0, 65535), default=usual.port, help=f"for --tcp; 0 is any {usually}")
    key_help = "for --tcp, a file that holds the key, made if there is none (default: a new key, told to no one else)"
    parser.add_argument("--key", metavar="FILE", default=usual.key, help=key_help)
    parser.add_argument(
        "--cache-bytes", type=whole_number, default=usual.cache_bytes, metavar="N", help=f"of photographs {usually}"
    )
    parser.add_argument(
        "--idle-unload-s",
        type=seconds,
        default=usual.idle_unload_s,
        metavar="S",
        help=f"seconds without a request after which the network leaves memory; 0 for never {usually}",
    )
    parser.add_argument(
        "--idle-exit-s",
        type=seconds,
        default=usual.idle_exit_s,
        metavar="S",
        help=f"seconds without a request after which the daemon exits; 0 for never {usually}",
    )
    parser.add_argument(
        "--threads", type=whole(0, 1024), default=usual.threads, metavar="N", help=f"of torch; 0: its choice {usually}"
    )


def serve_options(arguments: argparse.Namespace) -> ServeOptions:
    """Return what the options say."""
    given = {each.name: getattr(arguments, each.name) for each in fields(ServeOptions)}
    key = str(Path(arguments.key).expanduser().absolute()) if arguments.key else ""
    return ServeOptions(**{**given, "model": model_of(arguments), "key": key})
