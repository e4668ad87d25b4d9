"""The tools of these tests themselves: Krita answers, the mouse paints where it should, and undo takes it back."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .harness import make_profile, wait_for

RED = (200, 50, 50)
DOTS = "node('dots')"
# A line and its middle.
LEFT, RIGHT, MIDDLE = (60, 50), (420, 220), (240, 135)


@pytest.fixture
def ramp(saved):
    """A PNG of 500 by 300 whose red says the column and whose green says the row."""
    rows, columns = np.mgrid[:300, :500]
    return saved(np.dstack([columns // 2, rows // 2, 0 * rows]).astype(np.uint8))


def add_layer(krita):
    krita.do("dots = app.activeDocument().createNode('dots', 'paintlayer')")
    krita.do("app.activeDocument().rootNode().addChildNode(dots, None)")
    krita.poll("app.activeDocument().activeNode().name() == 'dots'")


def painted(krita, place):
    return krita.do(f"rgb_at({DOTS}, *{place})")


def test_krita_reads_pixels_and_says_what_went_wrong(desk, ramp):
    desk.open(ramp)
    assert desk.do("rgb_at(node('Background'), 300, 100)") == [150, 50, 0, 255]
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        desk.do("1 / 0")
    with pytest.raises(AssertionError, match="is still 1"):
        desk.poll("1", 0.2, lambda value: value == 2)
    assert desk.do("'still there'") == "still there"


@pytest.mark.parametrize("zoom", [None, 0.5, 2.0])
def test_the_robot_paints_where_it_is_told_and_undo_takes_it_back(desk, ramp, zoom):
    desk.open(ramp)
    add_layer(desk)
    desk.do(f"brush({RED}, 12)")
    if zoom:
        desk.do(f"app.activeWindow().activeView().canvas().setZoomLevel({zoom})")
    # What is in sight.
    first, last = (LEFT, RIGHT) if zoom != 2.0 else ((200, 110), (280, 160))
    desk.stroke(first, last)
    assert painted(desk, first) == painted(desk, last) == painted(desk, MIDDLE) == [*RED, 255]
    assert painted(desk, (MIDDLE[0], MIDDLE[1] + 20))[3] == painted(desk, (first[0] - 12, first[1]))[3] == 0
    before = desk.do(f"checksum({DOTS})")
    desk.do("undo()")
    assert desk.do(f"{DOTS}.bounds().isEmpty()")
    desk.do("redo()")
    assert desk.do(f"checksum({DOTS})") == before


def test_the_screen_shows_the_image(desk, ramp, tmp_path):
    desk.open(ramp)
    place = desk.screen_place(300, 100)

    def shown():
        picture = Image.open(desk.screenshot(tmp_path / "screen.png")).convert("RGB")
        return max(abs(a - b) for a, b in zip(picture.getpixel(place), (150, 50, 0), strict=True)) <= 3

    wait_for(shown, 10, "the pixel is on the screen")


def test_krita_and_its_display_die_with_the_tests(krita, home):
    # A home and temporary files of its own: or Krita would hand over to the one that runs.
    folder = home / "dying"
    make_profile(folder)
    (folder / "tmp").mkdir()
    tests = Path(__file__).parents[1]
    program = f"""
        import importlib, pathlib, sys, time
        sys.path.insert(0, {str(tests.parent)!r})
        harness = importlib.import_module({tests.name!r} + ".krita.harness")
        display = harness.Display()
        running = harness.KritaUnderTest(pathlib.Path({str(folder)!r}), display, {{"TMPDIR": {str(folder / "tmp")!r}}})
        print(running.process.pid, display._process.pid, flush=True)
        time.sleep(100)
    """
    words = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as session:
        processes = [int(word) for word in session.stdout.readline().split()]
        session.kill()
    assert len(processes) == 2
    try:
        wait_for(lambda: not any(Path(f"/proc/{process}").exists() for process in processes), 10, "both died")
    finally:
        for process in processes:
            if Path(f"/proc/{process}").exists():
                os.kill(process, signal.SIGKILL)
