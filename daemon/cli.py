"""The command `huedot`: runs a verb of `commands`, and turns what it raises into one line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from huedot.protocol.errors import (
    ArgumentError,
    FileError,
    HueDotError,
    TooLarge,
    WeightsCorrupt,
    WeightsMissing,
    is_memory_gone,
    out_of_memory,
)

from .commands.terminal import complain, prepare_streams, say

VERBS = {
    "colorize": "color a photograph",
    "palette": "show the likely colors of a place",
    "palettes": "list sets of named colors, and name your own",
    "suggest": "show where a dot would help most",
    "variations": "make different colorizations of a photograph",
    "install": "install the plugins into the editors",
    "uninstall": "take the plugins out of the editors",
    "archives": "write the plugins as .zip files, for installing by hand",
    "start": "start the daemon in the background",
    "stop": "stop the daemon",
    "restart": "stop the daemon, and start another",
    "status": "say how the daemon is",
    "serve": "run the daemon in the foreground",
    "service": "have systemd start the daemon when an editor connects",
    "join": "use a shared daemon, on another machine",
    "leave": "leave a shared daemon",
    "weights": "list, fetch, import and verify the weights of networks",
    "doctor": "check the installation, and say how to fix it",
    "train": "train the network on photographs",
    "evaluate": "score a network on photographs",
    "bench": "measure speed beside its rivals, on this machine",
}
BAD_INPUT = (ArgumentError, FileError, TooLarge, WeightsMissing, WeightsCorrupt)
FAILED, BAD_INPUT_CODE, INTERRUPTED = 1, 2, 130
EXIT_CODES = "Exit codes: 0 done; 1 something failed that is not your input; 2 bad input or usage; 130 interrupted."


class Parser(argparse.ArgumentParser):
    """A parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where help is, and exit."""
        complain(f"{message.rstrip('.')}. See {self.prog} --help.")
        sys.exit(BAD_INPUT_CODE)


class Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print and exit."""
        from importlib.metadata import version

        say(f"huedot {version('huedot')}")
        parser.exit()


def parser_for(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of this command line. Only its own verb is spelled out: the others' imports would take time."""
    parser = Parser(prog="huedot", description="Color a photograph from a few painted dots.", epilog=EXIT_CODES)
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary, epilog=EXIT_CODES)
        if name in words[:1]:
            module = import_module(f"huedot.daemon.commands.{name}")
            verb.description = module.__doc__
            module.configure(verb)
            verb.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, by default this process's, and return its exit code."""
    prepare_streams()
    try:
        return _run(sys.argv[1:] if argv is None else list(argv))
    except HueDotError as error:
        complain(error)
        return BAD_INPUT_CODE if isinstance(error, BAD_INPUT) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads the answer has seen enough.
        _say_no_more()
        return 0
    except (MemoryError, ImportError, RuntimeError, OSError) as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    """Say what the machine lacks: memory, or room where the answer goes. What has to do with files says so itself."""
    if is_memory_gone(error):
        complain(out_of_memory())
    elif isinstance(error, OSError) and error.filename is None:
        _say_no_more()
        complain(f"The answer cannot be written: {error.strerror or error}.")
    else:
        raise error
    return FAILED


def _say_no_more() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(words: list[str]) -> int:
    try:
        arguments = parser_for(words).parse_args(words, argparse.Namespace(words=words))
        code: int = arguments.run(arguments)
        return code
    finally:
        # So that a broken pipe is met here, not when Python exits.
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
