"""GIMP quits, an image is closed, a layer deleted during a request: nothing of the user's is touched."""

import time
from pathlib import Path

import numpy as np
import pytest

from huedot.daemon.install.published import sha256

from ..editors.daemons import held
from ..editors.display import wait_for
from .harness import GimpBatch
from .test_panel import BLUE, HINTS, PHOTOGRAPH, RED, dot, start

pytestmark = pytest.mark.fault
# The layers that are the user's.
OWN = f"[checksum({PHOTOGRAPH}), checksum({HINTS})]"


@pytest.fixture(autouse=True)
def _runtime(huedot_environment, monkeypatch):
    monkeypatch.setenv("HUEDOT_RUNTIME", huedot_environment["HUEDOT_RUNTIME"])


def ask(gimp, panel):
    """Paint a dot, and return when a request is under way."""
    gimp.do(f"foreground({RED!r})")
    gimp.stroke((130, 300))
    panel.poll("controller().context.client.has('colorize')")


def told(panel):
    """Wait until the late answer has come, wherever it goes."""
    panel.poll("controller().context.client.is_idle() and not controller().context.tasks")


def quit_and_discard(gimp):
    """Press Ctrl+Q, and Ctrl+D to discard what was changed; returns the exit code, and how long the end took."""
    gimp.key("ctrl+q")
    question = wait_for(lambda: gimp.display.windows("^Quit GIMP$"), 10, "the question")[0]
    gimp.display.activate(question)
    began = time.monotonic()
    gimp.display.xdotool("key", "ctrl+d")
    return gimp.process.wait(60), time.monotonic() - began


def test_gimp_quits_while_a_request_is_under_way(
    gimp, panel, photograph, gimp_profile, gimp_environment, tmp_path, figure
):
    """GIMP and the panel end; what was saved during the request is whole, and opens with the layers as they were."""
    start(panel)
    dot(gimp, panel, 360, 100, BLUE)
    process, xcf, before = panel.do("import os; os.getpid()"), tmp_path / "saved.xcf", sha256(photograph)
    with held():
        ask(gimp, panel)
        layers = gimp.do(OWN)
        gimp.do(f"Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path({str(xcf)!r}), None)")
        saved = sha256(xcf)
        code, seconds = quit_and_discard(gimp)
        assert code == 0
        wait_for(lambda: not Path(f"/proc/{process}").exists(), 10, "the panel ends")
        assert "Traceback" not in gimp.log.read_text(errors="replace")
    assert [sha256(photograph), sha256(xcf)] == [before, saved]
    again = GimpBatch(gimp_profile, gimp_environment)
    again.open(xcf)
    assert again.do(OWN) == layers
    assert again.close() == 0
    figure("GIMP quits during a request", f"ended after {seconds:.1f} s; opened again, both layers as they were")


def test_an_image_closed_while_a_request_is_under_way(gimp, panel, photograph, saved, figure):
    """The late answer is written nowhere: not to the file, not to the image that is opened next."""
    other = saved(np.full((300, 300, 3), 120, np.uint8), "gray card.png")
    start(panel)
    files = [sha256(photograph), sha256(other)]
    with held():
        ask(gimp, panel)
        gimp.do("close()")
        panel.poll("state() is None and said() == 'Open a photograph.'")
        gimp.open(other)
        before = gimp.do(f"checksum({PHOTOGRAPH})")
        panel.poll("state() is not None and state().document.width == 300")
    told(panel)
    assert gimp.do(f"names(), checksum({PHOTOGRAPH})") == [["Background"], before]
    assert [sha256(photograph), sha256(other)] == files
    began = time.monotonic()
    start(panel)
    seconds = time.monotonic() - began
    dot(gimp, panel, 150, 150, RED)
    assert not panel.do("controller().status.is_error")
    figure("GIMP closes an image during a request", f"the next one colored after {seconds:.1f} s")


@pytest.mark.parametrize("layer", ["Color (HueDot)", "Color hints"], ids=["result", "hints"])
def test_a_layer_deleted_while_a_request_is_under_way(gimp, panel, layer, figure):
    """The panel offers Start; the user's layers stay as they were, before and after Start or undo mend it."""
    start(panel)
    with held():
        ask(gimp, panel)
        before = gimp.do(OWN)
        gimp.do(f"image.remove_layer(layer({layer!r})); Gimp.displays_flush()")
        panel.poll("panel()._start.get_visible()")
    told(panel)
    assert gimp.do(f"layer({layer!r})") is None
    assert "brings it back" in panel.do("panel()._said.get_text()")
    assert gimp.do(f"checksum({PHOTOGRAPH})") == before[0]
    began = time.monotonic()
    panel.do("panel()._start.clicked()") if layer == "Color (HueDot)" else gimp.undo()
    panel.poll("state().result.identity and idle() and not panel()._start.get_visible()", seconds=60)
    seconds = time.monotonic() - began
    assert gimp.do(OWN) == before
    figure(f"GIMP: “{layer}” deleted during a request", f"the user's layers as before; fixed after {seconds:.1f} s")
