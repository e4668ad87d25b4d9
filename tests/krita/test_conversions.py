"""What the user converts or copies, and what is open in two windows at once."""

import pytest

from .harness import wait_for
from .test_krita import BLUE, HINTS, RED, RESULT, close_to, dot, follow, start

SRGB = "sRGB-elle-V2-srgbtrc.icc"
# Steps of undo.
STEPS = "huedot()._host.history._models[0].rowCount()"
# Color spaces, and by how many levels a color may be missed there.
SPACES = [
    ("RGBA", "U16", SRGB, 1),
    ("RGBA", "F32", "sRGB-elle-V2-g10.icc", 1),
    ("RGBA", "U8", "ClayRGB-elle-V2-g22.icc", 3),
    ("LABA", "U16", "Lab identity built-in", 3),
    ("CMYKA", "U8", "Chemical proof", 42),
]


def convert(krita, model, depth, profile):
    """Let the user convert the document, and wait until the panel has looked at it twice."""
    assert krita.do(f"app.activeDocument().setColorSpace({model!r}, {depth!r}, {profile!r})")
    krita.settle()
    for _ in range(2):
        krita.poll(f"state().hints.read_at > {krita.do('state().hints.read_at')}")
        krita.poll("controller().is_idle()")


def hint_at(krita, x, y):
    """Return what the panel reads from the hint layer."""
    return krita.do(f"list(state().document.read_hints(({x}, {y}, 1, 1)))")


def colored_at(krita, x, y):
    """Return the color that the user sees once the hints are hidden."""
    krita.do("copied = app.activeDocument().clone(); node('Color hints', copied.rootNode()).remove()")
    krita.do("copied.waitForDone(); copied.refreshProjection()")
    color = krita.do(f"list(QColor(copied.projection({x}, {y}, 1, 1).pixel(0, 0)).getRgb())[:3]")
    krita.do("copied.setModified(False); copied.close()")
    return color


@pytest.mark.parametrize(("model", "depth", "profile", "tolerance"), SPACES)
def test_a_document_converted_while_it_is_live(desk, photograph, model, depth, profile, tolerance):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    before, steps = colored_at(desk, 90, 330), desk.do(STEPS)
    convert(desk, model, depth, profile)
    assert desk.do(f"{HINTS}.colorModel(), {HINTS}.colorDepth(), {HINTS}.colorProfile()") == [model, depth, profile]
    assert desk.do(STEPS) == steps + 1, "there are steps that the user did not make"
    assert close_to(hint_at(desk, 130, 300), BLUE, tolerance)
    dot(desk, 360, 100, RED)
    assert desk.do(STEPS) == steps + 2
    assert close_to(hint_at(desk, 360, 100), RED, tolerance)
    assert close_to(colored_at(desk, 90, 330), before, tolerance + 5)
    red, _, blue = colored_at(desk, 360, 100)
    assert red > blue + 20, "the dot did not color"


def test_a_conversion_is_undone(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    hints = desk.do(f"checksum({HINTS})")
    convert(desk, "RGBA", "U16", SRGB)
    dot(desk, 360, 100, RED)
    follow(desk, lambda: desk.do("undo()"))
    desk.do("undo()")
    desk.poll(f"{HINTS}.colorDepth() == 'U8'")
    assert desk.do(f"checksum({HINTS})") == hints
    dot(desk, 360, 100, RED)
    red, _, blue = colored_at(desk, 360, 100)
    assert red > blue + 20
    red, _, blue = colored_at(desk, 130, 300)
    assert blue > red + 20


def test_repainting_after_a_conversion(desk, photograph):
    start(desk, photograph)
    dot(desk, 360, 100, RED)
    dot(desk, 130, 300, BLUE)
    convert(desk, "RGBA", "U8", "ClayRGB-elle-V2-g22.icc")
    other = desk.do(f"pixel({HINTS}, 360, 100)")
    follow(desk, lambda: desk.do("controller().take_color((40, 150, 60), repaint=True)"))
    assert close_to(hint_at(desk, 130, 300), (40, 150, 60), 3)
    assert desk.do(f"pixel({HINTS}, 360, 100)") == other, "a dot that was not repainted changed"


def test_only_the_selection_changes_after_a_conversion(desk, photograph):
    start(desk, photograph)
    convert(desk, "RGBA", "U16", SRGB)
    desk.do("from krita import Selection; s = Selection(); s.select(0, 200, 256, 312, 255)")
    desk.do("app.activeDocument().setSelection(s); controller().choose(selection_only=True)")
    desk.poll("controller().is_idle()")
    outside, inside = colored_at(desk, 400, 60), colored_at(desk, 90, 330)
    dot(desk, 130, 300, RED)
    assert colored_at(desk, 400, 60) == outside
    assert not close_to(colored_at(desk, 90, 330), inside, 5)


def test_a_document_converted_to_gray_says_so_and_is_left_alone(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    steps = desk.do(STEPS)
    assert desk.do("app.activeDocument().setColorSpace('GRAYA', 'U8', 'Gray-D50-elle-V2-srgbtrc.icc')")
    desk.settle()
    desk.poll("'grayscale' in huedot()._said.text() and huedot()._mend.text() == 'Convert to RGB'")
    before = desk.do(f"checksum({RESULT})")
    desk.do("controller().choose(saturation=0.9)")
    desk.do(f"brush({RED}, 16)")
    desk.stroke((360, 100))
    desk.do("ticks = []; huedot()._timer.timeout.connect(lambda: ticks.append(None))")
    desk.poll("len(ticks) > 50 and controller().context.client.is_idle()")
    assert desk.do(f"checksum({RESULT})") == before
    assert desk.do(STEPS) == steps + 2
    desk.do("huedot()._agreed = lambda question: True; huedot()._mend.click(); del huedot()._agreed")
    desk.poll("app.activeDocument().colorModel() == 'RGBA' and state().result.identity and controller().is_idle()")
    dot(desk, 360, 300, RED)
    red, _, blue = colored_at(desk, 360, 300)
    assert red > blue + 20


def test_a_result_that_is_gray_by_itself(desk, photograph):
    start(desk, photograph)
    desk.do(f"{RESULT}.setColorSpace('GRAYA', 'U8', 'Gray-D50-elle-V2-srgbtrc.icc')")
    desk.settle()
    desk.do(f"brush({BLUE}, 16)")
    desk.stroke((130, 300))
    desk.poll("'The result layer is in grayscale' in huedot()._said.text()")
    desk.do(f"{RESULT}.remove()")
    desk.poll("huedot()._mend.isVisible() and huedot()._mend.text() == 'Try again'")
    desk.do("huedot()._mend.click()")
    desk.poll("huedot()._start.isVisible()")
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity and controller().is_idle()", 60)
    red, _, blue = colored_at(desk, 130, 300)
    assert blue > red + 20


def test_a_copy_of_a_document_is_another_document(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do("first = app.activeDocument(); app.action('create_copy').trigger()")
    desk.poll("len(app.documents()) == 2 and app.activeDocument() != first and state().document._document != first")
    beneath = "node('Color hints', first.rootNode()), node('Color (HueDot)', first.rootNode())"
    before = desk.do(f"[checksum(each) for each in ({beneath})]")
    desk.poll("state().photograph.image and state().result.is_saved and controller().is_idle()", 60)
    desk.do(f"app.activeDocument().setActiveNode({HINTS})")
    desk.poll("app.activeDocument().activeNode().name() == 'Color hints'")
    dot(desk, 360, 100, RED)
    red, _, blue = colored_at(desk, 360, 100)
    assert red > blue + 20
    follow(desk, lambda: desk.do("controller().take_color((40, 150, 60), repaint=True)"))
    assert desk.do(f"rgb_at({HINTS}, 360, 100)") == [40, 150, 60, 255]
    assert desk.do(f"[checksum(each) for each in ({beneath})]") == before, "the original was changed"
    assert desk.do("len({state().document.key, *[each.key for each in controller().others()]})") == 2
    desk.do("window().findChild(QMdiArea).activatePreviousSubWindow()")
    desk.poll("app.activeDocument() == first and state().document._document == first")


@pytest.fixture
def windows(desk, photograph):
    """Two windows at one document, one with a dot; `ours` and `theirs` are their dockers' controllers."""
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do("one = app.activeWindow(); two = app.openWindow(); two.qwindow().show(); two.addView(app.activeDocument())")
    desk.do("ours, theirs = [each.qwindow().findChild(QWidget, 'huedot').controller for each in (one, two)]")
    yield desk
    desk.do("two.qwindow() and two.qwindow().close()")
    desk.poll("len(app.windows()) == 1")
    desk.do("one.qwindow().activateWindow()")


def work_in(krita, window, controller):
    """Let the user go to a window, and wait until its docker has colored what is due."""
    krita.do(f"{window}.qwindow().raise_(); {window}.qwindow().activateWindow()")
    krita.poll(f"QApplication.activeWindow() is {window}.qwindow()")
    colored(krita, controller)


def colored(krita, controller):
    """Wait until all is colored; or read, where the result stands as another window left it."""
    state = f"{controller}.state"
    stands = f"{state}.result.is_saved and {state}.photograph.image"
    done = f"{stands} or {state}.result.identity and not {state}.result.is_due"
    krita.poll(f"{state} and ({done}) and {controller}.is_idle()", 60)


def repaint(krita, controller, color):
    """Repaint the dot, and wait until the result follows."""
    count = krita.do(f"len({controller}.state.result.times)")
    krita.do(f"{controller}.state.proposals.place = 130, 300; {controller}.take_color({color}, repaint=True)")
    krita.poll(f"len({controller}.state.result.times) > {count}")
    colored(krita, controller)
    assert hint_at(krita, 130, 300) == [*color, 255]


PLACES = [(90, 330), (400, 60), (250, 150), (300, 400)]


def test_of_two_windows_only_the_one_where_the_user_works_colors(windows):
    work_in(windows, "two", "theirs")
    count = windows.do("len(ours.state.result.times)")
    windows.do("theirs.choose(saturation=0.9)")
    colored(windows, "theirs")
    repaint(windows, "theirs", RED)
    assert windows.do("len(ours.state.result.times)") == count, "both windows color"
    work_in(windows, "one", "ours")
    assert windows.do("ours.state.settings.saturation") == 0.9, "the windows have different settings"
    count = windows.do("len(theirs.state.result.times)")
    repaint(windows, "ours", BLUE)
    shown = [colored_at(windows, *place) for place in PLACES]
    windows.do("ours.refresh()")
    windows.poll("not ours.is_idle()")
    colored(windows, "ours")
    assert all(close_to(colored_at(windows, *place), color, 2) for place, color in zip(PLACES, shown, strict=True))
    assert windows.do("len(theirs.state.result.times)") == count


def test_a_closed_window_takes_its_docker_along(windows):
    clients = "[each.name for each in __import__('threading').enumerate()].count('huedot-client')"
    work_in(windows, "two", "theirs")
    assert windows.do(clients) == 2
    windows.do("two.qwindow().close()")
    windows.poll(f"{clients} == 1")
    dot(windows, 360, 100, RED)
    wait_for(lambda: is_red(*colored_at(windows, 360, 100)), 20, "the dot is colored in the window that is left")


def is_red(red, _, blue):
    return red > blue + 20
