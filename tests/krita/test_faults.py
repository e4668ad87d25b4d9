"""Krita quits, a document is closed, a layer deleted during a request: nothing of the user's is touched."""

import shutil
import time

import numpy as np
import pytest

from huedot.daemon.install.published import sha256

from ..editors.daemons import held
from .harness import Display, KritaUnderTest, make_profile
from .test_krita import BLUE, HINTS, RED, dot, start

pytestmark = pytest.mark.fault
PHOTOGRAPH = "node('Background')"
# The layers that are the user's.
OWN = f"[checksum({PHOTOGRAPH}), checksum({HINTS})]"


@pytest.fixture(autouse=True)
def _runtime(krita, monkeypatch):
    monkeypatch.setenv("HUEDOT_RUNTIME", krita.chosen["HUEDOT_RUNTIME"])


@pytest.fixture(scope="module")
def own_home(krita, home):
    """A home for Kritas that end before the tests do."""
    folder = home / "own"
    make_profile(folder)
    # Otherwise Krita would hand over to the one that runs.
    (folder / "tmp").mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def short_lived(krita, own_home):
    """A Krita that may end."""
    display = Display("1280x800")
    running = KritaUnderTest(own_home, display, {**krita.chosen, "TMPDIR": str(own_home / "tmp")})
    running.do("dress(1280, 800)")
    yield running
    running.kill()
    display.close()


def ask(krita):
    """Paint a dot, and return when a request is under way."""
    krita.do(f"brush({RED}, 16)")
    krita.stroke((130, 300))
    krita.poll("controller().context.client.has('colorize')")


def told(krita):
    """Wait until the late answer has come, wherever it goes."""
    krita.poll("controller().context.client.is_idle() and not controller().context.tasks")


def quit_and_answer(krita, button):
    """Press Ctrl+Q, and answer whether to save; returns the exit code, and the seconds that the end took."""
    krita.xdotool("mousemove", "400", "400", "key", "ctrl+q")
    krita.poll("question() is not None")
    began = time.monotonic()
    krita.do(f"question().button(QMessageBox.StandardButton.{button}).click()")
    return krita.process.wait(60), time.monotonic() - began


@pytest.mark.parametrize("answer", ["No", "Yes"])
def test_krita_quits_while_a_request_is_under_way(short_lived, desk, photograph, tmp_path, answer, figure):
    """Krita ends by itself; what is on the disk is what the user saved, bit by bit, and opens as it was."""
    start(short_lived, photograph)
    dot(short_lived, 360, 100, BLUE)
    kra = tmp_path / "saved.kra"
    assert short_lived.do(f"app.activeDocument().saveAs({str(kra)!r})")
    files, layers = [sha256(photograph), sha256(kra)], short_lived.do(OWN)
    with held():
        ask(short_lived)
        changed = short_lived.do(OWN)
        code, seconds = quit_and_answer(short_lived, answer)
        assert code == 0
        assert "Traceback" not in short_lived.log.read_text(errors="replace")
    assert changed[0] == layers[0]
    assert changed[1] != layers[1]
    assert sha256(photograph) == files[0]
    assert (sha256(kra) == files[1]) == (answer == "No")
    desk.open(kra)
    desk.poll("state() and state().photograph.image and controller().is_idle()")
    assert desk.do(OWN) == (changed if answer == "Yes" else layers)
    fault = f"Krita quits during a request; save? {answer}"
    figure(fault, f"ended after {seconds:.1f} s; opened again, both layers as they were")


def test_a_document_closed_while_a_request_is_under_way(desk, photograph, saved, figure):
    """The late answer is written nowhere: not to the file, not to the document that is shown next."""
    other = saved(np.full((512, 512, 3), 120, np.uint8), "gray card.png")
    desk.open(other)
    before = [desk.do(f"checksum({PHOTOGRAPH})"), sha256(photograph), sha256(other)]
    start(desk, photograph)
    with held():
        ask(desk)
        desk.do("app.activeDocument().setModified(False); app.activeDocument().close()")
        desk.poll("state() and state().document.name == 'gray card.png'")
    told(desk)
    assert desk.do("layers()") == ["Background"]
    assert [desk.do(f"checksum({PHOTOGRAPH})"), sha256(photograph), sha256(other)] == before
    began = time.monotonic()
    # The next one works.
    start(desk, photograph)
    figure("Krita closes a document during a request", f"the next one colored after {time.monotonic() - began:.1f} s")


@pytest.mark.parametrize(
    ("layer", "mend"),
    [("Color (HueDot)", "huedot()._start.click()"), ("Color hints", "undo()")],
    ids=["result", "hints"],
)
def test_a_layer_deleted_while_a_request_is_under_way(desk, photograph, layer, mend, figure):
    """The panel says that it is gone; the user's layers stay as they were, before and after Start or undo mend it."""
    start(desk, photograph)
    with held():
        ask(desk)
        before = desk.do(OWN)
        desk.do(f"node({layer!r}).remove()")
        desk.poll("huedot()._start.isVisible() and 'gone' in huedot()._said.text()")
    told(desk)
    assert desk.do(f"node({layer!r})") is None
    assert desk.do(f"checksum({PHOTOGRAPH})") == before[0]
    began = time.monotonic()
    desk.do(mend)
    desk.poll("state().result.identity and controller().is_idle()", 60)
    seconds = time.monotonic() - began
    assert desk.do(OWN) == before
    figure(f"Krita: “{layer}” deleted during a request", f"the user's layers as before; fixed after {seconds:.1f} s")
