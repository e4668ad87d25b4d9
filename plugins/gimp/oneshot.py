"""Coloring once, for the procedures: the live panel's tasks, each taken to its end, and one undo step."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from .host import Host
from .image import Document
from .panel import words
from .panel.confinement import confine
from .panel.hint_parts import hints_of, scan
from .panel.photograph import Read, open_photograph, read_photograph
from .panel.proposing import REFERENCE, SUGGESTIONS
from .panel.regions import Regions
from .panel.settings import Settings
from .panel.writing import write_tiles
from .protocol.client import Client
from .protocol.errors import HueDotError
from .protocol.launcher import installed_version
from .protocol.messages import Hints, Reply

# How far the work has come by then.
READ, ANSWERED = 0.3, 0.8
T = TypeVar("T")
# What is done, and how much of the whole is, 0..1.
Progress = Callable[[str, float], None]


class OneShot:
    """One image, the daemon, and someone who is told how far it is."""

    def __init__(self, document: Document, progress: Progress) -> None:
        """Prepare; `progress` is called now and then."""
        self.document, self._progress = document, progress
        self._client = Client("huedot-gimp", installed_version() or "0")
        self._regions = Regions()

    def __enter__(self) -> OneShot:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def color(self, settings: Settings, reference: str = "") -> None:
        """Color what the hints say, in one undo step, which also adds the layers if they are missing.

        reference: key of an image whose colors are taken. Raises HueDotError.
        """
        document = self.document
        confinement = self._to_the_end(confine(document, None)) if settings.selection_only else None
        if settings.selection_only and confinement is None:
            raise HueDotError(words.NOTHING_SELECTED)
        read = self._read()
        image, hints = self._open(read)
        hints = hints._replace(saturation=settings.saturation, vividness=settings.vividness)
        if reference:
            hints = hints._replace(histogram=self._histogram(reference))
        region = confinement.bounds if confinement else None
        answer = self._regions.work(
            hints, lambda client, hints: client.colorize(image, hints, region, on_progress=self._working)
        )(self._client)
        if not document.is_open():
            raise HueDotError(words.IMAGE_CLOSED, words.OPEN_IT)
        if (document.width, document.height) != read.size:
            raise HueDotError(words.IMAGE_CHANGED, words.TRY_AGAIN)
        with document.one_undo_step():
            document.make_layers()
            with document.undoable_result():
                self._to_the_end(write_tiles(document, answer.tiles, read.alpha, confinement))
        document.tell_others()
        document.show_result()

    def suggest(self, x: int, y: int) -> Reply:
        """Ask for the likely colors of a place."""
        if not (0 <= x < self.document.width and 0 <= y < self.document.height):
            raise HueDotError(f"The place {x}, {y} is outside the image.", "Choose one inside.")
        image, hints = self._open(self._read())
        ask = self._regions.work(hints, lambda client, hints: client.palette(image, x, y, hints, SUGGESTIONS))
        return ask(self._client)

    def _read(self) -> Read:
        """Read the photograph."""
        self._progress(words.CONNECTING, 0.0)
        self._client.connect()
        read = self._to_the_end(read_photograph(self.document), words.READING)
        if read is None:
            raise HueDotError(words.IMAGE_CLOSED, words.OPEN_IT)
        return read

    def _open(self, read: Read) -> tuple[str, Hints]:
        """Give the photograph to the daemon; returns its name there, and what is painted."""
        self._progress(words.OPENING, READ)
        wanted = Settings.of(self.document.load_state()).model
        image, model = open_photograph(self._client, read, wanted)
        self._to_the_end(self._regions.read(self.document))
        hints = hints_of(self._to_the_end(scan(self.document)))
        return image, hints._replace(model=model, regions=self._regions.as_hints())

    def _histogram(self, reference: str) -> str:
        picture = Host().read_other(reference, REFERENCE)
        if picture is None:
            raise HueDotError("The image whose colors were to be taken is not open.", "Open it, and try again.")
        size = picture.width, picture.height, picture.channels
        return str(self._client.histogram(picture.pixels, *size).fields["histogram"])

    def _working(self, stage: str, fraction: float | None) -> None:
        self._progress(words.COLORING, READ + (ANSWERED - READ) * (fraction or 0.0))

    def _to_the_end(self, task: Generator[object, None, T], stage: str = "") -> T:
        """Take all the steps of a task, and return what it returns; `stage` if it yields how far it is."""
        while True:
            try:
                share = next(task)
            except StopIteration as end:
                value: T = end.value
                return value
            if stage and isinstance(share, float):
                self._progress(stage, READ * share)
