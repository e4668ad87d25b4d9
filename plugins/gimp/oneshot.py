"""Coloring once, start to end, for the procedures: the same steps as the live panel's, with one undo step."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from .host import Host
from .image import Document
from .panel import words
from .panel.coloring import bands_of, write
from .panel.desk import models_of
from .panel.ideas import REFERENCE, SUGGESTIONS
from .panel.painted import hints_of, scan
from .panel.sheet import Settings
from .protocol.client import Client
from .protocol.errors import HueDotError
from .protocol.launcher import installed_version
from .protocol.messages import Hints, Reply, check_size

READ, ANSWERED = 0.3, 0.8  # how far the work has come by then
T = TypeVar("T")
Progress = Callable[[str, float], None]  # what is done, and how much of the whole is, 0..1


class OneShot:
    """One image, the daemon, and someone who is told how far it is."""

    def __init__(self, document: Document, progress: Progress) -> None:
        """Prepare; `progress` is called now and then."""
        self.document, self._progress = document, progress
        self._client = Client("huedot-gimp", installed_version() or "0")
        self._model: str | None = None  # the network that the photograph was opened with
        self._size = 0, 0  # of the photograph

    def __enter__(self) -> OneShot:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def color(self, settings: Settings, reference: str = "") -> None:
        """Color what the hints say, in one undo step, which also adds the layers if they are missing.

        reference: key of an image whose colors are taken. Raises HueDotError.
        """
        document = self.document
        image, hints = self._open(), self._hints()._replace(saturation=settings.saturation)
        if reference:
            hints = hints._replace(histogram=self._histogram(reference))
        region = document.selection_bounds() if settings.selection_only else None
        answer = self._client.colorize(image, hints, region, on_progress=self._working)
        if not document.is_open():
            raise HueDotError("The image was closed meanwhile.", "Open it, and try again.")
        if (document.width, document.height) != self._size:
            raise HueDotError(words.IMAGE_CHANGED, words.TRY_AGAIN)
        with document.one_undo_step():
            document.make_layers()
            with document.undoable_result():
                for _ in write(document, answer.tiles, masked=region is not None):
                    pass
        document.tell_others()
        document.show_result()

    def suggest(self, x: int, y: int) -> Reply:
        """Ask for the likely colors of a place."""
        if not (0 <= x < self.document.width and 0 <= y < self.document.height):
            raise HueDotError(f"The place {x}, {y} is outside the image.", "Choose one inside.")
        return self._client.palette(self._open(), x, y, self._hints(), SUGGESTIONS)

    def _open(self) -> str:
        """Read the photograph, and give it to the daemon."""
        self._progress(words.CONNECTING, 0.0)
        wanted = Settings.of(self.document.load_state()).model
        self._model = wanted if wanted in models_of(self._client.connect()) else None
        document, pixels = self.document, bytearray()
        self._size = document.width, document.height
        check_size(*self._size)
        area = 0, 0, *self._size
        document.begin_photograph()
        try:
            for band in bands_of(area):
                self._progress(words.READING, READ * band[1] / area[3])
                pixels += document.read_photograph(band)
        finally:
            document.end_photograph()
        self._progress(words.OPENING, READ)
        return self._client.open_image(pixels, area[2], area[3], 4, self._model)

    def _hints(self) -> Hints:
        return hints_of(_done(scan(self.document)))._replace(model=self._model)

    def _histogram(self, reference: str) -> str:
        picture = Host().read_other(reference, REFERENCE)
        if picture is None:
            raise HueDotError("The image whose colors were to be taken is not open.", "Open it, and try again.")
        size = picture.width, picture.height, picture.channels
        return str(self._client.histogram(picture.pixels, *size).fields["histogram"])

    def _working(self, stage: str, fraction: float | None) -> None:
        self._progress(words.COLORING, READ + (ANSWERED - READ) * (fraction or 0.0))


def _done(steps: Generator[object, None, T]) -> T:
    """Take all the steps of something, and return what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: T = end.value
            return value
