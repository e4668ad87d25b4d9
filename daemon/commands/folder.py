"""A folder of photographs, for `colorize`: what was done before is not done again, and what fails stops nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huedot.daemon.files import batch
from huedot.daemon.files.batch import REPORT, Account, BatchSettings, Workers
from huedot.photographs import FORMATS, read_photograph
from huedot.protocol.errors import ArgumentError, FileError, sayable

from .asking import client_for
from .options import model_of
from .terminal import complain, say, say_json, working

# Files on one line.
NAMED = 20


def add_batch(parser: argparse.ArgumentParser) -> None:
    """Declare what holds for folders alone."""
    group = parser.add_argument_group("of a folder")
    group.add_argument("--again", action="store_true", help="recolor what was colored before")
    group.add_argument("--cluster", metavar="N|ADDRESS", help="on N Dask workers here, or on those of a Dask scheduler")


def is_meant(arguments: argparse.Namespace) -> bool:
    """Return whether a folder is to be colored; raises FileError or ArgumentError if what is given does not fit."""
    photo: Path = arguments.photo
    if not photo.is_dir():
        if arguments.cluster or arguments.again:
            raise ArgumentError("--cluster" if arguments.cluster else "--again", "is for a folder of photographs.")
        return False
    if not arguments.output or arguments.output.suffix.lower() in FORMATS:
        raise FileError(f"{photo} is a folder.", "Name another folder for its results, -o FOLDER, or give a picture.")
    if arguments.force:
        raise ArgumentError("--force", "is for one photograph.", "Of a folder: --again, which replaces HueDot's own.")
    if arguments.hints or arguments.region:
        raise ArgumentError(
            "--hints" if arguments.hints else "--region",
            "belong to one photograph, not to a folder.",
            "Color it by itself.",
        )
    return True


def run(arguments: argparse.Namespace) -> int:
    """Color them, and say how it went; 1 if any failed."""
    output: Path = arguments.output.absolute()
    reference = str(arguments.histogram.absolute()) if arguments.histogram else None
    if reference:
        # Otherwise every photograph would fail for it.
        read_photograph(Path(reference))
    settings = BatchSettings(model_of(arguments), reference, arguments.saturation, arguments.vividness)
    todo = batch.tasks(arguments.photo.absolute(), output, settings)
    account = Account(output, settings, arguments.again)
    with working(f"0 of {len(todo)}") as progress, _workers(arguments) as workers:
        batch.run(todo, account, workers, arguments.again, progress)
    _report(arguments, account)
    return 1 if account.count("failed") else 0


@contextmanager
def _workers(arguments: argparse.Namespace) -> Iterator[Workers]:
    if arguments.cluster:
        from huedot.daemon.files.cluster import workers_of

        with workers_of(arguments.cluster) as workers:
            yield workers
        return
    with client_for(not arguments.no_daemon) as client:
        yield lambda todo: batch.one_by_one(client, todo)


def _report(arguments: argparse.Namespace, account: Account) -> None:
    if arguments.json:
        say_json(account.summary())
        return
    for row in account.rows:
        if row.state == "failed":
            # As messages have it.
            name = sayable(row.photograph)
            complain(row.message if name in row.message else f"{name}: {row.message}")
    _complain_of_others(account)
    done, earlier, failed, unread = (account.count(state) for state in ("done", "earlier", "failed", "unread"))
    others = f", {unread} not read" if unread else ""
    say(f"{done} colored, {earlier} were there before, {failed} failed{others}: {arguments.output / REPORT}.csv")


def _complain_of_others(account: Account) -> None:
    """Name what looks like a photograph and is of a kind that is not read, and count what was not carried over."""
    if unread := [sayable(Path(row.photograph).name) for row in account.rows if row.state == "unread"]:
        more = f" and {len(unread) - NAMED} more" if len(unread) > NAMED else ""
        complain(f"not read, for the reasons in the report: {', '.join(unread[:NAMED])}{more}.")
    if losses := sum(batch.LOSS in row.message for row in account.rows if row.state == "done"):
        complain(f"{losses} had pages, layers or metadata that were not carried over: the report names them.")
