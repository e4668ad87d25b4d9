"""HueDot's layers in real GIMP without a window: the user copies, merges, moves, and nothing of theirs changes.

`own(…)` is the checksum of a layer that is the user's; it must be the same afterwards.
"""

import numpy as np
import pytest

from .test_procedures import BLUE, HINTS, RESULT, colored, dot

GROUP = ["HueDot", ["Color hints", "Color (HueDot)"]]


def own(gimp, name):
    return gimp.do(f"checksum(layer({name!r}))")


def retouched(gimp, photograph):
    """Open a photograph with a layer of the user's on top of it, and color it once."""
    gimp.open(photograph)
    gimp.do("add_layer('my retouching'); fill(layer('my retouching'), 300, 10, 40, 30, (90, 90, 90, 255))")
    gimp.do("huedot('set-up')")
    dot(gimp, 130, 300, BLUE)
    colored(gimp)
    assert gimp.do("names()") == [*GROUP, "my retouching", "Background"]


def reopen(gimp, path):
    gimp.do(f"Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path({str(path)!r}), None)")
    gimp.open(path)


def test_a_duplicated_image_is_colored_and_its_other_layers_are_let_be(shared_gimp, photograph):
    retouched(shared_gimp, photograph)
    before, result = own(shared_gimp, "my retouching"), own(shared_gimp, "Color (HueDot)")
    shared_gimp.do("first = image; image = first.duplicate()")
    dot(shared_gimp, 400, 60, BLUE)
    shared_gimp.do("huedot('refresh', saturation=0.9)")
    assert shared_gimp.do("names()") == [*GROUP, "my retouching", "Background"]
    assert own(shared_gimp, "my retouching") == before
    assert own(shared_gimp, "Color (HueDot)") != result, "the copy's dots do nothing"
    shared_gimp.do("image = first")
    assert own(shared_gimp, "Color (HueDot)") == result, "the first image changed"


def test_a_duplicated_photograph_keeps_its_background(shared_gimp, photograph):
    shared_gimp.open(photograph)
    shared_gimp.do("huedot('set-up'); image = image.duplicate()")
    before = own(shared_gimp, "Background")
    dot(shared_gimp, 130, 300, BLUE)
    red, green, blue, _ = colored(shared_gimp)
    assert blue > green > red
    assert own(shared_gimp, "Background") == before
    assert shared_gimp.do("names()") == [*GROUP, "Background"]


@pytest.mark.parametrize("then", ["", "duplicated", "opened again"])
def test_what_the_result_was_merged_into_is_the_users(shared_gimp, photograph, then, tmp_path):
    """Where no panel is open to see it."""
    retouched(shared_gimp, photograph)
    shared_gimp.do(f"""
mine = layer('my retouching').copy()
image.insert_layer(mine, {RESULT}.get_parent(), 1)
image.merge_down(mine, Gimp.MergeType.EXPAND_AS_NECESSARY).set_name('merged')
""")
    if then == "duplicated":
        shared_gimp.do("image = image.duplicate()")
    if then == "opened again":
        reopen(shared_gimp, tmp_path / "merged.xcf")
    before = own(shared_gimp, "merged")
    shared_gimp.do("huedot('refresh', saturation=0.9)")
    assert own(shared_gimp, "merged") == before
    assert shared_gimp.do("names()[1]") == ["Color hints", "Color (HueDot)", "merged"]


@pytest.mark.parametrize("then", ["", "duplicated", "opened again"])
def test_a_copy_of_the_result_is_the_users(shared_gimp, photograph, then, tmp_path):
    """A version that is kept, and one that was painted on after the result itself was deleted."""
    retouched(shared_gimp, photograph)
    shared_gimp.do(f"""
kept = {RESULT}.copy()
image.insert_layer(kept, None, 0)
kept.set_name('kept')
""")
    colored(shared_gimp)
    shared_gimp.do(f"""
image.remove_layer({RESULT})
fill(layer('kept'), 40, 40, 9, 9, (1, 2, 3, 255))
""")
    if then == "duplicated":
        shared_gimp.do("image = image.duplicate()")
    if then == "opened again":
        reopen(shared_gimp, tmp_path / "kept.xcf")
    before = own(shared_gimp, "kept")
    shared_gimp.do("huedot('refresh', saturation=0.9)")
    assert own(shared_gimp, "kept") == before
    assert shared_gimp.do("names()[:3]") == ["kept", *GROUP]


def test_a_result_painted_on_elsewhere_is_the_users(shared_gimp, photograph, tmp_path):
    """Between closing and opening nobody looks; what is no longer as HueDot left it is not written to."""
    retouched(shared_gimp, photograph)
    shared_gimp.do(f"fill({RESULT}, 40, 40, 9, 9, (1, 2, 3, 255))")
    reopen(shared_gimp, tmp_path / "painted.xcf")
    before = shared_gimp.do(f"painted = {RESULT}; painted.set_name('painted'); checksum(painted)")
    colored(shared_gimp)
    assert own(shared_gimp, "painted") == before
    assert shared_gimp.do("names()[1]") == ["Color hints", "Color (HueDot)", "painted"]


def test_layers_pasted_from_another_image_are_the_users(shared_gimp, photograph):
    retouched(shared_gimp, photograph)
    shared_gimp.do(f"pasted_from = {RESULT}")
    shared_gimp.open(photograph)
    shared_gimp.do("""
pasted = Gimp.Layer.new_from_drawable(pasted_from, image)
image.insert_layer(pasted, None, 0)
pasted.set_name('pasted')
""")
    before = own(shared_gimp, "pasted")
    shared_gimp.do("huedot('refresh', saturation=0.9)")
    assert own(shared_gimp, "pasted") == before
    assert shared_gimp.do("names()") == [*GROUP, "pasted", "Background"]


def test_of_two_hint_layers_the_uppermost_that_is_visible_is_read(shared_gimp, photograph):
    retouched(shared_gimp, photograph)
    blue = colored(shared_gimp)
    shared_gimp.do(f"""
other = {HINTS}.copy()
image.insert_layer(other, {HINTS}.get_parent(), 0)
other.set_name('other')
fill(other, 120, 290, 21, 21, (190, 60, 50, 255))
""")
    red = colored(shared_gimp)
    assert red[0] > red[2]
    shared_gimp.do("other.set_visible(False)")
    assert colored(shared_gimp) == blue
    shared_gimp.do(f"image.remove_layer({HINTS})")
    assert colored(shared_gimp) == red


def test_documents_of_the_older_huedot_work(shared_gimp, photograph):
    """They knew their layers by tattoos, which are kept in the image."""
    old(shared_gimp, photograph)
    red, green, blue, _ = colored(shared_gimp)
    assert blue > green > red
    assert shared_gimp.do("names()") == [*GROUP, "mine", "Background"]


@pytest.mark.parametrize("change", ["image = image.duplicate()", "merge_mine()"], ids=["duplicated", "merged"])
def test_layers_of_an_older_document_that_may_be_others_are_let_be(shared_gimp, photograph, change):
    old(shared_gimp, photograph)
    shared_gimp.do(f"""
def merge_mine():
    image.reorder_item(layer('mine'), layer('HueDot'), 1)
    image.merge_down(layer('mine'), Gimp.MergeType.EXPAND_AS_NECESSARY)

{change}
every = [each for group in image.get_layers() for each in (group.get_children() if group.is_group() else [group])]
before = [checksum(each) for each in every]
""")
    shared_gimp.do("huedot('refresh')")
    assert shared_gimp.do("[checksum(each) for each in every] == before")


def old(gimp, photograph):
    """Open a photograph with the layers of an older HueDot, which are not marked, and a dot."""
    gimp.open(photograph)
    gimp.do("""
import json
add_layer('mine')
group = Gimp.GroupLayer.new(image, 'HueDot')
image.insert_layer(group, None, 0)
for name in ('Color (HueDot)', 'Color hints'):
    add_layer(name)
    image.reorder_item(layer(name), group, 0)
result = layer('Color (HueDot)')
result.set_lock_position(True)
tattoos = {'hints': layer('Color hints').get_tattoo(), 'result': result.get_tattoo()}
image.attach_parasite(Gimp.Parasite.new('huedot', 1, list(json.dumps(tattoos).encode())))
""")
    dot(gimp, 130, 300, BLUE)


GRADE = """
grade = Gimp.Layer.new(image, 'grade', *size, Gimp.ImageType.RGBA_IMAGE, 50, Gimp.LayerMode.MULTIPLY)
image.insert_layer(grade, {parent}, {position})
fill(grade, 0, 0, *size, (0, 0, 0, 255))
"""


@pytest.mark.parametrize("place", ["above", "between", "around", "within", "beneath"])
def test_layers_above_the_result_are_no_part_of_the_photograph(shared_gimp, photograph, place, tmp_path):
    """Only what lies beneath is; refreshed, saved and opened, it is colored the same."""
    shared_gimp.open(photograph)
    before = colored(shared_gimp, 90, 330)
    shared_gimp.do("size = image.get_width(), image.get_height()")
    parent, position = {"between": (f"{RESULT}.get_parent()", 1)}.get(place, ("None", 0))
    shared_gimp.do(GRADE.format(parent=parent, position=position))
    if place in ("around", "within"):
        shared_gimp.do("""
around = Gimp.GroupLayer.new(image, 'around')
image.insert_layer(around, None, 0)
image.reorder_item(layer('HueDot'), around, 0)
image.reorder_item(grade, around, 0)
around.set_opacity(50)
""")
    if place == "within":
        shared_gimp.do("image.reorder_item(layer('Background'), around, 2)")
    if place == "beneath":
        shared_gimp.do("image.reorder_item(layer('HueDot'), None, 0)")
    after = colored(shared_gimp, 90, 330)
    reopen(shared_gimp, tmp_path / "graded.xcf")
    again = colored(shared_gimp, 90, 330)
    if place == "beneath":
        assert sum(after[:3]) < sum(before[:3]) * 0.8, "what lies beneath is the photograph"
    else:
        assert np.abs(np.subtract(after, before)).max() <= 1
    assert np.abs(np.subtract(again, after)).max() <= 1


def test_where_nothing_is_visible_beneath_it_is_said(shared_gimp, photograph):
    shared_gimp.open(photograph)
    colored(shared_gimp)
    before = own(shared_gimp, "Color (HueDot)")
    for hidden in ("layer('Background').set_visible(False)", "image.reorder_item(layer('HueDot'), None, 1)"):
        shared_gimp.do(hidden)
        with pytest.raises(AssertionError, match="There is no photograph beneath"):
            colored(shared_gimp)
        assert own(shared_gimp, "Color (HueDot)") == before
        shared_gimp.do("layer('Background').set_visible(True)")


ACTS = {
    "flip": "image.flip(Gimp.OrientationType.HORIZONTAL)",
    "turn": "image.rotate(Gimp.RotationType.DEGREES90)",
    "half turn": "image.rotate(Gimp.RotationType.DEGREES180)",
    "scale": "image.scale(400, 300)",
    "crop": "image.crop(300, 250, 100, 100)",
    "canvas": "image.resize(700, 700, 50, 50)",
    "to gray and back": "image.convert_grayscale(); image.convert_rgb()",
    "16 bits": "image.convert_precision(Gimp.Precision.U16_LINEAR)",
    "another profile": "image.convert_color_profile(Gimp.ColorProfile.new_rgb_adobe(), 1, True)",
    "mask": f"result = {RESULT}; result.add_mask(result.create_mask(Gimp.AddMaskType.WHITE))",
    "opacity": f"{RESULT}.set_opacity(50); {RESULT}.set_mode(Gimp.LayerMode.LCH_COLOR)",
    "filter": f"{RESULT}.append_filter(Gimp.DrawableFilter.new({RESULT}, 'gegl:invert-linear', 'grade'))",
    "floating": "mine = layer('my retouching'); Gimp.edit_copy([mine]); Gimp.edit_paste(mine, False)",
    "locked": "layer('my retouching').set_lock_content(True)",
    "hidden": "layer('HueDot').set_visible(False); layer('my retouching').set_visible(False)",
    "renamed": f"{RESULT}.set_name('colors'); {HINTS}.set_name('dots'); layer('HueDot').set_name('group')",
    "opened again": "reopened()",
}


@pytest.mark.parametrize("act", ACTS)
def test_what_the_user_does_to_the_image_stays_and_is_colored(shared_gimp, photograph, act, tmp_path):
    """A refresh after it adds no layer, and changes none of the user's."""
    retouched(shared_gimp, photograph)
    path = str(tmp_path / "again.xcf")
    shared_gimp.do(f"""
def reopened():
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path({path!r}), None)
    load({path!r})

{ACTS[act]}
theirs = [layer('my retouching'), layer('Background')]
before = [checksum(each) for each in theirs], names()
[[result]] = [[each for each in group.get_children()][1:] for group in image.get_layers() if group.is_group()]
was = checksum(result)
huedot('refresh', saturation=0.9)
""")
    assert shared_gimp.do("([checksum(each) for each in theirs], names()) == before")
    assert shared_gimp.do("checksum(result) != was"), "it was not colored"
