"""HueDot's procedures in real GIMP without a window, as scripts call them: what is asked for is read back as pixels."""

import os
import subprocess

import numpy as np
import pytest
from PIL import Image

from .harness import in_gimp

RED, BLUE = (190, 60, 50, 255), (60, 90, 170, 255)
RESULT = "layer('Color (HueDot)')"
HINTS = "layer('Color hints')"


def dot(gimp, x, y, color, side=14):
    gimp.do(f"fill({HINTS}, {x} - {side} // 2, {y} - {side} // 2, {side}, {side}, {color})")


def colored(gimp, x=130, y=300):
    """The colors of the result at a place, after a refresh."""
    gimp.do("huedot('refresh')")
    return gimp.do(f"at({RESULT}, {x}, {y})")


def test_set_up_adds_two_layers_in_a_group_and_returns_them(shared_gimp, photograph):
    shared_gimp.open(photograph)
    said = shared_gimp.do("[each.get_name() for each in huedot('set-up')]")
    assert said == ["Color hints", "Color (HueDot)"]
    assert shared_gimp.do("names()")[:2] == ["HueDot", ["Color hints", "Color (HueDot)"]]
    assert shared_gimp.do("[each.get_name() for each in image.get_selected_layers()]") == ["Color hints"]
    shared_gimp.do("huedot('set-up')")
    assert len(shared_gimp.do("names()")) == 3, "it is set up once"


def test_refresh_colors_what_the_dots_say(shared_gimp, photograph):
    shared_gimp.open(photograph)
    background = shared_gimp.do("pixel(image.get_layers()[-1], 130, 300)")
    automatic = colored(shared_gimp)
    assert max(automatic[:3]) - min(automatic[:3]) > 10, "without dots it is colored as well"
    dot(shared_gimp, 130, 300, BLUE)
    red, green, blue, alpha = colored(shared_gimp)
    assert blue > green > red
    assert alpha == 255
    assert shared_gimp.do("pixel(image.get_layers()[-1], 130, 300)") == background


def test_refresh_takes_a_saturation(shared_gimp, photograph):
    shared_gimp.open(photograph)
    pale = shared_gimp.do(f"huedot('refresh', saturation=0.05); at({RESULT}, 90, 330)")
    full = shared_gimp.do(f"huedot('refresh', saturation=0.9); at({RESULT}, 90, 330)")
    assert np.ptp(full[:3]) > np.ptp(pale[:3]) + 20


def test_refresh_takes_a_vividness(shared_gimp, photograph):
    shared_gimp.open(photograph)
    none = shared_gimp.do(f"huedot('refresh', vividness=0.0); at({RESULT}, 90, 330)")
    full = shared_gimp.do(f"huedot('refresh', vividness=2.0); at({RESULT}, 90, 330)")
    assert np.ptp(none[:3]) <= 2
    assert np.ptp(full[:3]) > 10


def test_refresh_may_stay_within_the_selection(shared_gimp, photograph):
    shared_gimp.open(photograph)
    colored(shared_gimp)
    before = shared_gimp.do(f"[at({RESULT}, 400, 60), at({RESULT}, 90, 330)]")
    dot(shared_gimp, 130, 300, BLUE)
    shared_gimp.do("image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 200, 256, 312)")
    shared_gimp.do("huedot('refresh', selection_only=True)")
    after = shared_gimp.do(f"[at({RESULT}, 400, 60), at({RESULT}, 90, 330)]")
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert not shared_gimp.do("Gimp.Selection.is_empty(image)")


def test_suggest_names_colors_of_a_place(shared_gimp, photograph):
    shared_gimp.open(photograph)
    colors, percent = shared_gimp.do("huedot('suggest', x=130, y=300)")
    assert len(colors) == len(percent) == 9
    assert all(len(color) == 7 and color[0] == "#" for color in colors)
    assert percent == sorted(percent, key=float, reverse=True)
    shared_gimp.do("image.select_rectangle(Gimp.ChannelOps.REPLACE, 120, 290, 21, 21)")
    assert shared_gimp.do("huedot('suggest')") == [colors, percent], "the selection's middle"
    shared_gimp.do("Gimp.Selection.none(image); image.add_sample_point(130, 300)")
    assert shared_gimp.do("huedot('suggest')") == [colors, percent], "a sample point"


def test_transfer_takes_the_colors_of_another_image(shared_gimp, photograph, saved):
    shared_gimp.open(saved(np.tile(np.uint8([[[200, 60, 40]], [[120, 40, 30]]]), (150, 400, 1)), "red.png"))
    shared_gimp.do("red = image")
    shared_gimp.open(photograph)
    before = colored(shared_gimp, 90, 330)
    shared_gimp.do("huedot('transfer', reference=red)")
    after = shared_gimp.do(f"at({RESULT}, 90, 330)")
    assert after[0] - after[2] > before[0] - before[2] + 15


def test_what_cannot_be_done_is_said(shared_gimp, saved, photograph):
    shared_gimp.open(saved(np.full((64, 80), 90, np.uint8)))
    for name in ("set-up", "refresh", "transfer", "suggest"):
        with pytest.raises(AssertionError, match=r"grayscale.*gimp-image-convert-rgb"):
            shared_gimp.do(f"huedot({name!r})")
    shared_gimp.do("image.convert_rgb(); image.convert_indexed(0, 0, 8, False, False, '')")
    with pytest.raises(AssertionError, match="fixed set of colors"):
        shared_gimp.do("huedot('refresh')")
    shared_gimp.open(photograph)
    with pytest.raises(AssertionError, match="No place is chosen"):
        shared_gimp.do("huedot('suggest')")
    with pytest.raises(AssertionError, match="outside the image"):
        shared_gimp.do("huedot('suggest', x=600, y=5)")
    with pytest.raises(AssertionError, match="No image is given"):
        shared_gimp.do("huedot('transfer')")
    with pytest.raises(AssertionError, match="needs a screen"):
        shared_gimp.do("huedot('panel')")


def test_a_locked_result_is_an_error_and_not_the_end(shared_gimp, photograph):
    shared_gimp.open(photograph)
    colored(shared_gimp)
    shared_gimp.do(f"{RESULT}.set_lock_content(True)")
    with pytest.raises(AssertionError, match="locked"):
        colored(shared_gimp)
    shared_gimp.do("layer('Color (HueDot)').set_lock_content(False); layer('HueDot').set_lock_content(True)")
    with pytest.raises(AssertionError, match="locked"):
        colored(shared_gimp)


def test_every_depth_gives_the_same_colors(shared_gimp, photograph):
    colors = []
    for depth in ("U8_NON_LINEAR", "U16_LINEAR", "U32_NON_LINEAR", "FLOAT_NON_LINEAR", "HALF_LINEAR"):
        shared_gimp.open(photograph)
        # As it is.
        if depth != "U8_NON_LINEAR":
            shared_gimp.do(f"image.convert_precision(Gimp.Precision.{depth})")
        shared_gimp.do("huedot('set-up')")
        dot(shared_gimp, 130, 300, BLUE)
        colors.append(colored(shared_gimp, 90, 330))
        assert shared_gimp.do("seen(90, 330)") == colors[-1]
    assert np.ptp(colors, axis=0).max() <= 2


def test_a_profile_that_is_not_srgb(shared_gimp, photograph):
    shared_gimp.open(photograph)
    plain = colored(shared_gimp)
    shared_gimp.open(photograph)
    adobe = "Gimp.ColorProfile.new_rgb_adobe(), Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, True"
    shared_gimp.do(f"image.convert_color_profile({adobe})")
    assert np.abs(np.subtract(colored(shared_gimp), plain)).max() <= 4


def test_offset_grouped_and_half_transparent_layers_are_one_photograph(shared_gimp, photograph):
    shared_gimp.open(photograph)
    whole = colored(shared_gimp, 90, 330)
    shared_gimp.open(photograph)
    shared_gimp.do("""
base = image.get_layers()[0]
right = base.copy(); image.insert_layer(right, None, 0); right.resize(300, 600, -212, 40)
group = Gimp.GroupLayer.new(image, "a group"); image.insert_layer(group, None, 0); image.reorder_item(right, group, 0)
base.resize(300, 700, 0, 60)
image.resize(512, 512, 0, 0)
""")
    assert shared_gimp.do("[tuple(each.get_offsets())[1:] for each in (right, base)]") == [[212, -40], [0, -60]]
    assert np.abs(np.subtract(colored(shared_gimp, 90, 330), whole)).max() <= 2
    assert shared_gimp.do(f"tuple({RESULT}.get_offsets())[1:], {RESULT}.get_width()") == [[0, 0], 512]


def test_hints_may_be_smaller_moved_renamed_and_masked(shared_gimp, photograph):
    shared_gimp.open(photograph)
    shared_gimp.do("huedot('set-up')")
    dot(shared_gimp, 130, 300, BLUE)
    expected = colored(shared_gimp)
    shared_gimp.do(f"hints = {HINTS}; hints.set_name('mine'); hints.resize(60, 60, -100, -270)")
    shared_gimp.do("image.reorder_item(hints, None, 0)")
    assert shared_gimp.do("tuple(hints.get_offsets())[1:]") == [100, 270]
    assert colored(shared_gimp) == expected
    shared_gimp.do("mask = hints.create_mask(Gimp.AddMaskType.BLACK); hints.add_mask(mask)")
    automatic = colored(shared_gimp)
    assert automatic[0] > automatic[2], "a mask hides the dot"
    shared_gimp.do("fill(mask, 0, 0, 60, 60, (255, 255, 255, 255))")
    assert colored(shared_gimp) == expected


def test_transparent_parts_stay_transparent(shared_gimp, saved):
    rgba = np.full((200, 300, 4), (120, 120, 120, 255), np.uint8)
    rgba[:, 200:, 3] = 0
    shared_gimp.open(saved(rgba))
    assert colored(shared_gimp, 250, 100)[3] == 0
    assert colored(shared_gimp, 50, 100)[3] == 255


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (2100, 9)])
def test_odd_sizes_are_colored_or_refused(shared_gimp, saved, size):
    shared_gimp.open(saved(np.full((*size, 3), 90, np.uint8)))
    if min(size) < 8:
        with pytest.raises(AssertionError, match=r"8 . 8"):
            colored(shared_gimp, 0, 0)
    else:
        assert colored(shared_gimp, 0, 0)[3] == 255


def test_saved_as_xcf_and_opened_again(shared_gimp, photograph, tmp_path):
    shared_gimp.open(photograph)
    shared_gimp.do("huedot('set-up')")
    dot(shared_gimp, 130, 300, BLUE)
    before = colored(shared_gimp)
    path = str(tmp_path / "saved.xcf")
    shared_gimp.do(f"Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path({path!r}), None)")
    shared_gimp.open(path)
    assert colored(shared_gimp) == before
    assert len(shared_gimp.do("names()")) == 3


def test_script_fu_calls_them(gimp_profile, gimp_environment, photograph, tmp_path):
    """As docs/gimp.md shows it, in a process of its own."""
    saved = tmp_path / "colored.png"
    script = f"""(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE "{photograph}"))))
        (huedot-refresh #:run-mode RUN-NONINTERACTIVE #:image image #:drawables #() #:saturation 0.8)
        (gimp-file-save RUN-NONINTERACTIVE image "{saved}" -1))"""
    words = ["gimp-console", "-i", "--batch-interpreter=plug-in-script-fu-eval", "--quit", "-b", script]
    profile = {"GIMP3_DIRECTORY": str(gimp_profile), "HOME": str(gimp_profile), "XDG_RUNTIME_DIR": str(gimp_profile)}
    done = subprocess.run(
        [*in_gimp(), *words], env={**os.environ, **gimp_environment, **profile}, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    colored = np.asarray(Image.open(saved).convert("RGB")).astype(int)
    assert np.ptp(colored, axis=2).mean() > 5, "it is still gray"
