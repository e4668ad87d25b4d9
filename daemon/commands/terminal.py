"""What a command prints: answers on stdout, complaints and progress on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper

from huedot.protocol.client import Progress


def prepare_streams() -> None:
    """Let whatever is said be said: what a stream cannot encode is escaped, and one that is closed takes it in silence.

    A file's name may be no text at all, or in letters that the terminal lacks. Under pythonw, and where a shell has
    closed them, there are no streams; the first files to be opened would take their places.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - for the whole process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Print a line of the answer."""
    print(text)  # noqa: T201


def say_json(value: object) -> None:
    """Print the answer for programs: one JSON value."""
    say(json.dumps(value, indent=2, allow_nan=False))


def complain(text: object) -> None:
    """Print one line about what is wrong."""
    line = " ".join(str(text).splitlines())
    # A full disk, or nobody who reads: the exit code tells.
    with suppress(OSError):
        print(f"huedot: {line}", file=sys.stderr)  # noqa: T201


def say_columns(rows: Iterable[Iterable[object]]) -> None:
    """Print rows with their columns aligned; no line is ever wrapped."""
    table = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@contextmanager
def working(stage: str) -> Iterator[Progress]:
    """Show what is being done while the block runs, if stderr is a terminal; yields what to call with news of it."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda stage, fraction: None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(stage, total=None)

        def show(stage: str, fraction: float | None) -> None:
            known = {} if fraction is None else {"total": 1.0, "completed": fraction}
            bar.update(task, description=stage, **known)  # type: ignore[arg-type]

        yield show
