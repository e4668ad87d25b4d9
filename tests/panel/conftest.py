"""An editor made of arrays, with a real daemon behind the panel: for fast tests beside those in the real editors."""

import itertools
import shutil
import time
from dataclasses import dataclass

import numpy as np
import pytest

from huedot.panel.controller import Controller
from huedot.panel.host import Other, Picture, RegionLayer
from huedot.protocol.client import Client

from ..daemon.conftest import Daemon, make_runtime


@dataclass
class Area:
    """A region of a paper."""

    dots: np.ndarray
    mask: np.ndarray
    is_visible: bool = True


class Paper:
    """A document whose layers are arrays, and which writes down what was done to it."""

    numbers = itertools.count()

    def __init__(self, gray):
        self.photograph = np.dstack([gray, gray, gray, np.full_like(gray, 255)])
        self.height, self.width = gray.shape
        self.key = self.name = f"paper {next(self.numbers)}"
        self.hints = self.result = None
        self.open = True
        self.busy = False
        self.gray = False
        self.strokes = 0
        self.selected = None
        self.state = {}
        self.said, self.hidden = "", False
        # The areas that were written.
        self.written = []
        self.foreign = None
        self.shown = 0
        self.reading = False
        # Bottom-up, by their keys: dots, mask, whether it is visible.
        self.areas = {}
        # What was read of regions.
        self.read = []

    def is_open(self):
        return self.open

    def is_busy(self):
        return self.busy

    def why_not(self):
        return "gray" if self.gray else ""

    def convert(self):
        self.gray = False

    def has_layers(self):
        return self.hints is not None and self.result is not None

    def can_redo(self):
        return False

    def doubt(self):
        return ""

    def make_layers(self):
        for name in ("hints", "result"):
            if getattr(self, name) is None:
                setattr(self, name, np.zeros((self.height, self.width, 4), np.uint8))

    def stamp(self):
        return self.strokes

    def hint_bounds(self, region=""):
        rows, columns = np.nonzero(self._dots(region)[..., 3])
        if not len(rows):
            return None
        left, top = int(columns.min()), int(rows.min())
        return left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top

    def read_hints(self, area, region=""):
        if region:
            self.read.append((region, "dots"))
        return self._part(self._dots(region), area).tobytes()

    def _dots(self, region):
        return self.areas[region].dots if region else self.hints

    def regions(self):
        whole = (0, 0, self.width, self.height)
        shown = {key: each for key, each in self.areas.items() if each.is_visible}
        return [RegionLayer(key, each.dots.tobytes(), each.mask.tobytes(), whole) for key, each in shown.items()]

    def read_mask(self, region, area):
        self.read.append((region, "mask"))
        return self._part(self.areas[region].mask, area).tobytes()

    def make_region(self):
        dots = np.zeros((self.height, self.width, 4), np.uint8)
        self.areas[f"region {next(self.numbers)}"] = Area(dots, self.selected.copy())
        self.strokes += 1

    def remark(self):
        return self.said

    def can_undo_stroke(self):
        return bool(self.said)

    def undo_stroke(self):
        self.said = ""

    def hides_dots(self):
        return self.hidden

    def hide_dots(self, hidden):
        self.hidden = hidden

    def replace_hints(self, parts):
        assert not self.busy
        for (x, y, width, height), pixels in parts.items():
            self.hints[y : y + height, x : x + width] = np.frombuffer(pixels, np.uint8).reshape(height, width, 4)
        self.strokes += 1

    def begin_photograph(self):
        self.reading = True

    def read_photograph(self, area):
        assert self.reading
        return self._part(self.photograph, area).tobytes()

    def end_photograph(self):
        self.reading = False

    def selection(self, area):
        return None if self.selected is None else self._part(self.selected, area).tobytes()

    def selection_bounds(self):
        if self.selected is None:
            return None
        rows, columns = np.nonzero(self.selected)
        left, top = int(columns.min()), int(rows.min())
        return left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top

    def read_result(self, area):
        return self._part(self.result, area).tobytes()

    def write_result(self, area, pixels):
        assert not self.busy
        x, y, width, height = area
        new = np.frombuffer(pixels, np.uint8).reshape(height, width, -1)
        part = self.result[y : y + height, x : x + width]
        part[..., 3] = 255
        part[..., : new.shape[2]] = new
        self.written.append(area)

    def fingerprint(self):
        return self.photograph[::5, ::5].tobytes()

    def others_wrote(self):
        return self.foreign

    def show_result(self):
        self.shown += 1

    def thumbnail(self, side):
        return Picture(self.width, self.height, 4, self.result.tobytes())

    def load_state(self):
        return self.state

    def save_state(self, state):
        self.state = state

    def paint(self, x, y, color, radius=4, region=""):
        rows, columns = np.ogrid[: self.height, : self.width]
        self._dots(region)[(rows - y) ** 2 + (columns - x) ** 2 <= radius**2] = (*color, 255)
        self.strokes += 1

    @staticmethod
    def _part(layer, area):
        x, y, width, height = area
        return layer[y : y + height, x : x + width]


class Desk:
    """The editor: its documents, the brush's color, and the panel with its timer."""

    name = "An editor of paper"

    def __init__(self):
        self.papers = []
        self.brush = None
        self.changes = 0
        self.states = set()
        self.panel = Controller(self, Client("tests", "1", launch=False), self._changed)

    def others(self, document):
        return [Other(paper.key, paper.name) for paper in self.papers if paper is not document]

    def read_other(self, key, side):
        found = [paper for paper in self.papers if paper.key == key]
        return Picture(found[0].width, found[0].height, 4, found[0].photograph.tobytes()) if found else None

    def set_brush_color(self, color):
        self.brush = color

    def _changed(self):
        self.changes += 1

    def paper(self, width=200, height=150):
        rows, columns = np.mgrid[:height, :width]
        self.papers.append(Paper((40 + rows // 2 + columns // 3 + len(self.papers)).astype(np.uint8)))
        return self.papers[-1]

    def started(self, **size):
        paper = self.paper(**size)
        self.panel.show_document(paper)
        self.panel.start()
        self.until(lambda: self.panel.state.result.identity)
        return paper

    def until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"it did not come true; {self.panel.status}"
            self.panel.tick()
            time.sleep(0.002)

    def settled(self):
        """Tick until all that was asked for is done; returns how many colorings there were since the start."""
        self.until(lambda: self.panel.is_idle())
        return self.colorings()

    def colorings(self):
        """Return how many there were since the start, of all documents."""
        # With those of documents that were closed.
        self.states |= set(self.panel._states.values())
        return sum(len(state.result.times) for state in self.states)

    def follow(self, act):
        before = self.colorings()
        act()
        self.until(lambda: self.colorings() > before)
        self.settled()


@pytest.fixture(scope="module")
def daemon(tiny_weights):
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = make_runtime(monkeypatch)
        monkeypatch.setenv("HUEDOT_WEIGHTS", str(folder / "weights"))
        daemon = Daemon("--model", tiny_weights)
        yield daemon
        daemon.close()
    shutil.rmtree(folder)


@pytest.fixture
def desk(daemon):
    if daemon.process is None or daemon.process.poll() is not None:
        daemon.close()
        daemon.start()
    desk = Desk()
    yield desk
    desk.panel.close()
