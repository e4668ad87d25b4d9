"""The tools of these tests themselves: GIMP answers, the mouse paints where it should, and undo takes it back."""

import socket

import numpy as np
import pytest
from PIL import Image

from .harness import hole

RED = [200, 50, 50, 255]


@pytest.fixture
def gimp_environment():
    return {"HUEDOT_TEST": "passed on"}


@pytest.fixture
def ramp(tmp_path):
    """A PNG of 600 by 300 whose red says the column and whose green says the row."""
    rows, columns = np.mgrid[:300, :600]
    path = tmp_path / "ramp.png"
    Image.fromarray(np.dstack([columns // 3, rows // 2, 0 * rows]).astype(np.uint8)).save(path)
    return path


def painted(gimp, x, y):
    return gimp.do(f"pixel(layer('dots'), {x}, {y})")


def test_batch_reads_pixels_and_says_what_went_wrong(gimp_batch, ramp):
    assert gimp_batch.do("import os; os.environ['HUEDOT_TEST']") == "passed on"
    gimp_batch.open(ramp)
    assert gimp_batch.do("pixel(image.get_layers()[0], 300, 100)") == [100, 50, 0, 255]
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        gimp_batch.do("1 / 0")
    with pytest.raises(AssertionError, match="no procedure 'nonsense'"):
        gimp_batch.do("run_procedure('nonsense')")


@pytest.mark.parametrize("family", ["AF_UNIX", "AF_INET"])
def test_gimp_reaches_a_socket_of_this_machine(gimp_batch, tmp_path_factory, family):
    place = str(tmp_path_factory.mktemp("peer") / "socket") if family == "AF_UNIX" else ("127.0.0.1", 0)
    with socket.socket(getattr(socket, family)) as server:
        server.bind(place)
        server.listen()
        server.settimeout(20)
        where = server.getsockname()
        gimp_batch.do(f"import socket; peer = socket.socket(socket.{family}); peer.connect({where!r})")
        with server.accept()[0] as peer:
            gimp_batch.do("peer.sendall(b'hello')")
            assert peer.recv(5) == b"hello"


def test_the_robot_paints_where_it_is_told_and_undo_takes_it_back(gimp, ramp):
    gimp.open(ramp)
    gimp.do("add_layer('dots'); foreground('#c83232')")
    gimp.stroke((50, 40), (450, 240))
    gimp.poll("pixel(layer('dots'), 250, 140)", lambda pixel: pixel == RED)
    assert painted(gimp, 50, 40) == painted(gimp, 450, 240) == RED
    assert painted(gimp, 250, 155)[3] == painted(gimp, 35, 40)[3] == 0
    gimp.undo()
    gimp.poll("pixel(layer('dots'), 250, 140)[3]", lambda alpha: alpha == 0)
    gimp.redo()
    gimp.poll("pixel(layer('dots'), 250, 140)", lambda pixel: pixel == RED)


def test_the_menu_works_and_the_screen_shows_it(gimp, ramp, tmp_path):
    gimp.open(ramp)
    gimp.menu("Linear Invert")
    assert gimp.poll("pixel(image.get_layers()[0], 0, 0)", lambda pixel: pixel[0] > 0) == [255, 255, 255, 255]
    place = gimp.screen_place(1, 1)
    gimp.poll("Gimp.displays_flush()", lambda _: shown(gimp, tmp_path, place) == (255, 255, 255))


def test_the_image_is_found_though_a_window_covers_a_corner():
    padding = np.zeros((100, 200), bool)
    padding[20:90, 30:180] = True
    padding[40:80, 60:150] = False
    assert hole(padding) == (60, 40, 150, 80)
    padding[:50, 140:] = False
    assert hole(padding) == (60, 40, 150, 80)
    # Not all of it is in sight.
    padding[40:80, 60:] = False
    assert hole(padding) is None


def shown(gimp, folder, place):
    return Image.open(gimp.screenshot(folder / "screen.png")).convert("RGB").getpixel(place)
