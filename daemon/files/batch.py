"""A folder of photographs colored into another: what is to do, who does it, and the account of it.

What was done before is not done again: a result is written whole or not at all, so one that is there is finished.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from itertools import chain, count
from pathlib import Path
from typing import IO, Any, NamedTuple

from huedot.photographs import (
    ENDINGS,
    FORMATS,
    Photograph,
    endings,
    left_behind,
    read_photograph,
    write_picture,
)
from huedot.protocol.client import Client, Progress
from huedot.protocol.errors import (
    ArgumentError,
    DaemonUnreachable,
    FileError,
    HueDotError,
    WeightsCorrupt,
    WeightsMissing,
)
from huedot.protocol.messages import Hints
from huedot.protocol.paths import write_whole

from . import written
from .pictures import histogram_of, picture_of

# .csv, a line for each photograph as it is done, and .json, all of it at the end.
REPORT = "huedot-report"
# Writes the bytes of names that are no text, and reads the same name.
FILE_NAMES = sys.getfilesystemencodeerrors()
# Begins what a row says of pages, layers and metadata.
LOSS = "Not carried over:"
# Photographs in a row for which no daemon could be had.
GIVE_UP = 3
# Errors that all photographs would meet.
NOT_OF_ONE = (DaemonUnreachable, WeightsMissing, WeightsCorrupt, ArgumentError)


class BatchSettings(NamedTuple):
    """How all photographs are colored."""

    model: str | None = None
    # Path of a picture whose colors to take.
    histogram: str | None = None
    saturation: float | None = None  # 0..1
    vividness: float | None = None  # 0..3


class Task(NamedTuple):
    """One photograph, and where its result belongs."""

    photograph: str
    output: str
    settings: BatchSettings


@dataclass(frozen=True)
class Row:
    """What became of a photograph: `state` is done, earlier, failed or unread: of a kind that is not read."""

    photograph: str
    output: str
    state: str
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    # Milliseconds of the computation alone.
    milliseconds: float = 0.0
    device: str = ""
    # The error, or warnings.
    message: str = ""


def tasks(folder: Path, output: Path, settings: BatchSettings) -> list[Task]:
    """Return what there is to do, by name; results keep the folders and names of their photographs.

    Raises FileError.
    """
    photographic = endings() | ENDINGS
    if not folder.is_dir():
        raise FileError(f"There is no folder {folder}.", "Check the path.")
    if output.resolve() == folder.resolve():
        raise FileError(f"{output} holds the photographs, and would hold the results.", "Give another folder: -o DIR.")
    found = []
    for path in sorted(folder.rglob("*")):
        is_result = output.resolve() in path.resolve().parents
        if path.suffix.lower() in photographic and path.is_file() and not is_result and not path.name.startswith("."):
            found.append(path.relative_to(folder))
    if not found:
        raise FileError(f"There is no photograph in {folder}.", "Give a folder that holds pictures.")
    results = _results(found)
    return [Task(str(folder / name), str(output / results[name]), settings) for name in found]


def _results(photographs: list[Path]) -> dict[Path, Path]:
    """Return the name of each photograph's result, no two alike, not even where capitals are not told apart.

    A photograph in a format that is not written becomes a PNG, whose name is its own and `.png`; those that keep their
    names choose first. Where a name is taken, a number goes before its ending.
    """
    results: dict[Path, Path] = {}
    taken: set[str] = set()
    for name in sorted(photographs, key=lambda name: name.suffix.lower() not in FORMATS):
        wanted = name if name.suffix.lower() in FORMATS else name.with_name(f"{name.name}.png")
        numbered = (wanted.with_stem(f"{wanted.stem}.{number}") for number in count(2))
        results[name] = next(each for each in chain([wanted], numbered) if str(each).casefold() not in taken)
        taken.add(str(results[name]).casefold())
    return results


def color(client: Client, task: Task) -> Row:
    """Color one photograph, and write the result. Raises what reading, coloring and writing raise."""
    began = time.perf_counter()
    photograph = read_photograph(Path(task.photograph))
    height, width = photograph.rgb.shape[:2]
    settings, output = task.settings, Path(task.output)
    hints = Hints(model=settings.model, saturation=settings.saturation, vividness=settings.vividness)
    if settings.histogram:
        hints = hints._replace(histogram=histogram_of(client, _reference(settings.histogram)))
    image = client.open_image(photograph.rgb.tobytes(), width, height, 3, settings.model)
    answer = client.colorize(image, hints)
    client.close_image(image)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{output.parent} cannot be made: {error.strerror}.", "Choose another: -o DIR.") from error
    write_picture(output, picture_of(answer, photograph), photograph)
    written.note(output)
    taken, worked = round(time.perf_counter() - began, 3), round(answer.milliseconds, 1)
    dropped = left_behind(photograph, output)
    told = " ".join([*answer.warnings, *([f"{LOSS} {', '.join(dropped)}."] if dropped else [])])
    return Row(task.photograph, task.output, "done", width, height, taken, worked, answer.device, told)


@lru_cache(1)
def _reference(path: str) -> Photograph:
    return read_photograph(Path(path))


def attempt(client: Client, task: Task) -> Row:
    """Color one photograph; what goes wrong with it is its row's message. Raises NOT_OF_ONE."""
    try:
        return color(client, task)
    except NOT_OF_ONE:
        raise
    except HueDotError as error:
        return failed(task, error) if Path(task.photograph).suffix.lower() in endings() else _unread(task, error)
    except Exception as error:  # noqa: BLE001 - no photograph may end the work of a night
        return failed(task, f"{type(error).__name__}: {error}")


def failed(task: Task, error: object) -> Row:
    """Return the row of a photograph that could not be colored."""
    return Row(task.photograph, task.output, "failed", message=" ".join(str(error).splitlines()))


def _unread(task: Task, error: object) -> Row:
    """Return the row of a file that looks like a photograph, and is of a kind that is not read."""
    return replace(failed(task, error), state="unread")


def one_by_one(client: Client, todo: Iterable[Task]) -> Iterator[Row]:
    """Color photographs in order; raises DaemonUnreachable when there is no daemon to be had at all.

    A photograph over which daemons die is not the end of the others.
    """
    lost = 0
    for task in todo:
        try:
            row = attempt(client, task)
            lost = 0
        except DaemonUnreachable as error:
            lost += 1
            if lost == GIVE_UP:
                raise
            row = failed(task, error)
        yield row


Workers = Callable[[Iterable[Task]], Iterator[Row]]


class Account:
    """The account of a batch: a table that grows line by line, for whoever looks on, and is there after a crash.

    It also knows which results in the folder are HueDot's, of this batch or an earlier one: no other file is replaced.
    """

    def __init__(self, output: Path, settings: BatchSettings, again: bool) -> None:
        """Begin; raises FileError if the folder cannot be written, or holds results of other settings."""
        self._output, self._settings = output, settings
        self.rows: list[Row] = []
        try:
            output.mkdir(parents=True, exist_ok=True)
            before = self._before()
            if not again:
                self._compare_settings(before)
            self.made = self._made_before(before)
            # Before the table, which is begun again, forgets what a killed batch made.
            self.write()
            self._file = self._table_file("w")
        except OSError as error:
            raise FileError.unwritable(error.filename, error, "Choose another: -o DIR.") from error
        self._table = csv.DictWriter(self._file, [each.name for each in fields(Row)])
        self._table.writeheader()

    def _table_file(self, mode: str) -> IO[str]:
        return (self._output / f"{REPORT}.csv").open(mode, encoding="utf-8", errors=FILE_NAMES, newline="")

    def _before(self) -> dict[str, Any]:
        """Return the account of an earlier batch; nothing if there is none, or none that can be read."""
        with suppress(FileNotFoundError, ValueError):
            before = json.loads((self._output / f"{REPORT}.json").read_text(encoding="utf-8"))
            return before if isinstance(before, dict) else {}
        return {}

    def _compare_settings(self, before: dict[str, Any]) -> None:
        settings = before.get("settings")
        # A folder of an earlier version knows fewer.
        usual = BatchSettings()._asdict()
        if isinstance(settings, dict) and {**usual, **settings} != self._settings._asdict():
            told = ", ".join(f"{name} {value}" for name, value in settings.items() if value is not None) or "none"
            remedy = "Give another folder, or --again to color all of it again."
            raise FileError(f"{self._output} holds results of other settings ({told}).", remedy)

    def _made_before(self, before: dict[str, Any]) -> set[Path]:
        """Return which results in the folder are HueDot's; of its own a killed batch left the table alone."""
        made: set[Path] = set()
        with suppress(TypeError):
            made |= {self._output / name for name in before.get("made", [])}
        with suppress(FileNotFoundError, csv.Error, ValueError, KeyError, TypeError), self._table_file("r") as file:
            made |= {Path(row["output"]) for row in csv.DictReader(file) if row.get("state") == "done"}
        return {path for path in made if path.is_relative_to(self._output) and path.exists()}

    def add(self, row: Row) -> None:
        """Write one line."""
        self.rows.append(row)
        if row.state == "done":
            self.made.add(Path(row.output))
        try:
            self._table.writerow(asdict(row))
            self._file.flush()
        except OSError as error:
            raise FileError.unwritable(self._file.name, error, "Make room.") from error

    def count(self, state: str) -> int:
        """Return how many photographs are in a state."""
        return sum(row.state == state for row in self.rows)

    def summary(self) -> dict[str, Any]:
        """Return the account as one value."""
        counts = {state: self.count(state) for state in ("done", "earlier", "failed", "unread")}
        rows = [asdict(row) for row in self.rows]
        made = sorted(path.relative_to(self._output).as_posix() for path in self.made)
        return {"settings": self._settings._asdict(), **counts, "photographs": rows, "made": made}

    def write(self) -> None:
        """Write the account, whole or not at all; raises FileError."""
        write_whole(self._output / f"{REPORT}.json", json.dumps(self.summary(), indent=1).encode())

    def close(self) -> None:
        """End the table, and write the account."""
        self._file.close()
        self.write()


def run(todo: list[Task], account: Account, workers: Workers, again: bool, progress: Progress) -> None:
    """Color what is yet to be colored, and keep account; the account is written even if this ends early.

    again: recolor what HueDot colored before. A file that somebody else put in a result's place is left alone.
    """
    rest = []
    try:
        for task in todo:
            is_there = Path(task.output).exists()
            if is_there and not again:
                account.add(Row(task.photograph, task.output, "earlier"))
            elif is_there and Path(task.output) not in account.made:
                account.add(failed(task, _not_ours(task)))
            else:
                rest.append(task)
        for row in workers(rest):
            account.add(row)
            failures = account.count("failed")
            words = f"{len(account.rows)} of {len(todo)}" + (f", {failures} failed" if failures else "")
            progress(words, len(account.rows) / len(todo))
    finally:
        account.close()


def _not_ours(task: Task) -> FileError:
    return FileError(
        f"{task.output} is not replaced: the report there does not name it as HueDot's.",
        "Move it away, or give another folder: -o DIR.",
    )
