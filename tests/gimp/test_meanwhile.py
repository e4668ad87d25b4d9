"""The live panel in real GIMP: what the user does to layers and images that HueDot is about to change."""

import numpy as np

from .test_panel import HINTS, RED, RESULT, dot, follow, rgb, start


def test_locked_hints_are_said_and_nothing_is_lost(gimp, panel):
    start(panel)
    dot(gimp, panel, 130, 300, RED)
    gimp.do(f"{HINTS}.set_lock_content(True); Gimp.displays_flush()")
    panel.do("controller().take_color((1, 200, 3), repaint=True)")
    panel.poll("controller().status.is_error and 'hint layer are locked' in said()")
    assert gimp.do(f"at({HINTS}, 130, 300), names()[1]") == [[*rgb(RED), 255], ["Color hints", "Color (HueDot)"]]
    gimp.do(f"{HINTS}.set_lock_content(False); Gimp.displays_flush()")
    panel.do("controller().retry(); controller().take_color((1, 200, 3), repaint=True)")
    gimp.poll(f"at({HINTS}, 130, 300)", lambda color: color == [1, 200, 3, 255])
    panel.poll("idle() and not controller().status.is_error")


def test_what_the_user_merged_onto_the_result_is_the_users(gimp, panel):
    start(panel)
    gimp.do(f"""
result = {RESULT}
retouched = result.copy()
image.insert_layer(retouched, result.get_parent(), 1)
merged = image.merge_down(retouched, Gimp.MergeType.EXPAND_AS_NECESSARY)
merged.set_name("retouched")
Gimp.displays_flush()
""")
    before = gimp.do("checksum(merged)")
    panel.poll("panel()._start.get_visible() and 'gone' in said()")
    start(panel)
    assert gimp.do("names()[1]") == ["Color hints", "Color (HueDot)", "retouched"]
    dot(gimp, panel, 360, 100, RED)
    assert gimp.do("checksum(merged)") == before


def test_an_image_cropped_while_it_is_colored_once(gimp, panel):
    """In the panel's process, where a test can crop at the right moment."""
    start(panel)
    panel.poll("idle()")
    before = gimp.do(f"checksum({RESULT})")
    said = panel.do("""
from huedot_gimp.image import Document
from huedot_gimp.oneshot import OneShot
from huedot_gimp.panel.state import Settings

def crop(text, fraction):
    if text == "Looking at the photograph…":
        state().document.image.resize(400, 450, 0, 0)

try:
    with OneShot(Document(state().document.image), crop) as once:
        once.color(Settings(saturation=0.9))
    said = ""
except Exception as error:
    said = str(error)
said
""")
    assert said == "The image changed meanwhile. Try again."
    assert gimp.do(f"checksum({RESULT})") == before


def test_only_the_image_that_was_asked_about_is_converted(gimp, panel, saved):
    gimp.open(saved(np.tile(np.linspace(30, 220, 320).astype(np.uint8), (240, 1)), "first.png"))
    panel.do("first = Gimp.get_images()[0]; panel().turn_to(first)")
    gimp.open(saved(np.tile(np.linspace(30, 220, 300).astype(np.uint8), (240, 1)), "second.png"))
    panel.do("grays = [each for each in Gimp.get_images() if each.get_base_type() == Gimp.ImageBaseType.GRAY]")
    assert panel.do("len(grays)") == 2
    panel.do("panel().turn_to(grays[0])")
    panel.poll("panel()._mend.get_visible()")
    panel.do("""
panel()._agreed = lambda question: panel().turn_to(grays[1]) or True
panel()._mend.clicked()
del panel()._agreed
""")
    assert panel.do("[each.get_base_type() == Gimp.ImageBaseType.GRAY for each in grays]") == [True, True]


def test_transparency_is_known_when_the_panel_turns_to_the_image_again(gimp, panel, saved):
    rgba = np.full((600, 900, 4), (120, 120, 120, 255), np.uint8)
    rgba[:, 600:, 3] = 0
    gimp.open(saved(rgba))
    panel.do("made = max(Gimp.get_images(), key=lambda image: image.get_id()); panel().turn_to(made)")
    panel.do("""
document = state().document
read = document.read_photograph

def read_photograph(area):
    panel().turn_to(made)
    return read(area)

document.read_photograph = read_photograph
""")
    start(panel)
    assert gimp.do(f"at({RESULT}, 750, 300)[3], at({RESULT}, 50, 300)[3]") == [0, 255]
    follow(panel, lambda: panel.do("controller().choose(saturation=0.5)"))
    assert gimp.do(f"at({RESULT}, 750, 300)[3]") == 0
