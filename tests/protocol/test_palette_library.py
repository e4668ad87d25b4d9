"""The sets of named colors: those that come along, the user's own, and how a name finds its color."""

import pytest

from huedot.protocol.errors import ArgumentError, FileError
from huedot.protocol.palettes import library
from huedot.protocol.palettes.colorimetry import lab_of_rgb
from huedot.protocol.palettes.files import read_palette, write_palette
from huedot.protocol.palettes.library import SHIPPED, Library, add_set, forget_color, keep_color, remove_set
from huedot.protocol.palettes.palette import NamedColor, Palette

COAT = (160, 48, 32)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The user's folder of palettes, which is not there yet."""
    monkeypatch.setenv("HUEDOT_PALETTES", str(tmp_path / "config" / "palettes"))
    return tmp_path / "config" / "palettes"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_color_that_comes_along_has_a_name_of_its_own_and_a_source(name):
    palette = Library.read().palette(name)
    names = [color.name.casefold() for color in palette.colors]
    assert len(set(names)) == len(names) > 12
    assert all(names)
    assert palette.note
    assert all(color.note for color in palette.colors)


def test_the_folder_of_sets_holds_no_other():
    assert {path.stem for path in (library.Path(library.__file__).parent / "sets").iterdir()} == set(SHIPPED)


def test_skin_darkens_from_type_to_type_and_is_never_green_or_blue():
    labs = [lab_of_rgb(Library.read().color(f"skin/{kind}").rgb) for kind in ("I", "II", "III", "IV", "V", "VI")]
    assert [lightness for lightness, _, _ in labs] == sorted((lab[0] for lab in labs), reverse=True)
    assert all(a > 5 and b > 5 for _, a, b in labs)


def test_a_named_color_is_there_in_the_next_library(folder):
    assert keep_color("  Grandmother's   coat ", COAT) is None
    assert Library.read().color("Grandmother's coat") == NamedColor("Grandmother's coat", COAT)
    # As other hands write it.
    assert Library.read().color("mine/grandmother’s COAT").rgb == COAT
    assert next(iter(Library.read().sets)) == "mine"
    assert read_palette(folder / "mine.gpl").name == "My colors"


def test_a_name_that_is_given_again_means_the_new_color():
    keep_color("Hat", COAT)
    keep_color("Coat", COAT)
    assert keep_color("hat", (1, 2, 3)) == COAT
    assert [(color.name, color.rgb) for color in Library.read().palette("mine").colors] == [
        ("Coat", COAT),
        ("hat", (1, 2, 3)),
    ]


def test_ones_own_color_goes_before_those_of_sets():
    shared = Library.read().color("dyes/Teal").rgb
    assert Library.read().color("teal").rgb == shared
    keep_color("Teal", COAT)
    assert Library.read().color("teal").rgb == COAT
    assert Library.read().color("dyes/teal").rgb == shared


def test_a_name_of_several_sets_asks_for_the_set():
    with pytest.raises(ArgumentError, match=r"may be hair/Gray, .*eyes/Gray|may be hair/Dark brown, eyes/Dark brown"):
        Library.read().color("Dark brown")


def test_an_unknown_name_is_answered_by_the_nearest():
    keep_color("Grandmother's coat", COAT)
    for wrong, meant in (
        ("Grandmothers coat", "mine/Grandmother's coat"),
        ("skin/VII", "skin/VI"),
        ("teel", "dyes/Teal"),
    ):
        with pytest.raises(ArgumentError, match=meant):
            Library.read().color(wrong)
    with pytest.raises(ArgumentError, match="huedot palettes list"):
        Library.read().color("qqqqqqqqqqqqq")
    with pytest.raises(ArgumentError, match="skin"):
        Library.read().palette("skinn")


@pytest.mark.parametrize("name", ["", "  \n", "#a03020", "x" * 81, "a\x00b", "a\u202eb"])
def test_what_cannot_be_a_name_is_refused_and_nothing_is_written(folder, name):
    with pytest.raises(ArgumentError):
        keep_color(name, COAT)
    assert not folder.exists()


def test_the_last_color_that_is_forgotten_takes_the_set_along(folder):
    keep_color("Hat", COAT)
    with pytest.raises(ArgumentError, match="Did you mean Hat"):
        forget_color("Hut")
    forget_color("HAT")
    assert "mine" not in Library.read().sets
    assert not [*folder.iterdir()]


def test_a_file_becomes_a_set_and_goes_again(tmp_path, folder):
    write_palette(tmp_path / "Aunt's Coats (1912).kpl", Palette("Coats", (NamedColor("red", COAT),)))
    assert add_set(tmp_path / "Aunt's Coats (1912).kpl")[0] == "aunt-s-coats-1912"
    assert Library.read().color("aunt-s-coats-1912/red").rgb == COAT
    assert Library.read().palette("Coats").colors[0].rgb == COAT
    with pytest.raises(ArgumentError, match="already"):
        add_set(tmp_path / "Aunt's Coats (1912).kpl")
    for taken in ("skin", "mine", "MINE"):
        with pytest.raises(ArgumentError, match="HueDot's own"):
            add_set(tmp_path / "Aunt's Coats (1912).kpl", taken)
    assert remove_set("aunt-s-coats-1912") == "aunt-s-coats-1912"
    with pytest.raises(ArgumentError, match="of yours"):
        remove_set("skin")


def test_files_that_are_put_there_are_sets_and_a_broken_one_hides_no_other(folder):
    folder.mkdir(parents=True)
    write_palette(folder / "coats.kpl", Palette("Coats", (NamedColor("red", COAT),)))
    (folder / "broken.gpl").write_text("GIMP Palette\nnonsense\n")
    (folder / ".huedot-part.gpl").write_text("")
    known = Library.read()
    assert known.color("coats/red").rgb == COAT
    assert [str(problem) for problem in known.problems if "broken.gpl" in str(problem)]
    assert len(known.problems) == 1


def test_a_broken_file_of_ones_own_colors_is_not_written_over(folder):
    folder.mkdir(parents=True)
    (folder / "mine.gpl").write_text("GIMP Palette\nnonsense\n")
    with pytest.raises(FileError, match="Line 2"):
        keep_color("Hat", COAT)
    assert (folder / "mine.gpl").read_text() == "GIMP Palette\nnonsense\n"
    assert "skin" in Library.read().sets


def test_a_folder_that_cannot_be_made_is_said(folder):
    folder.parent.parent.mkdir(exist_ok=True)
    folder.parent.write_text("a file")
    with pytest.raises(FileError, match="HUEDOT_PALETTES"):
        keep_color("Hat", COAT)


def test_the_users_folder_is_that_of_the_system(monkeypatch, tmp_path):
    monkeypatch.delenv("HUEDOT_PALETTES")
    monkeypatch.setattr(library.Path, "home", lambda: tmp_path)
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "of a Flatpak"))
    for system, place in (
        ("linux", ".config/huedot/palettes"),
        ("darwin", "Library/Application Support/huedot/palettes"),
        ("win32", "Roaming/huedot/palettes"),
    ):
        monkeypatch.setattr(library.sys, "platform", system)
        assert library.palettes_folder() == tmp_path / place
