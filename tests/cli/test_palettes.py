"""The command `huedot palettes`."""

import json

import pytest

from huedot.protocol.palettes.files import read_palette


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HUEDOT_PALETTES", str(tmp_path / "palettes"))


def test_sets_are_listed_and_shown_with_their_sources(huedot):
    code, out, _ = huedot("palettes", "list")
    assert (code, out.splitlines()[1].split()) == (0, ["skin", "Skin", "20"])
    code, out, _ = huedot("palettes", "show", "skin")
    assert code == 0
    assert "Chardon" in out
    assert [line for line in out.splitlines() if line.split()[1:3] == ["III", "middle"] and line.startswith(" #b28f77")]
    shown = json.loads(huedot("palettes", "show", "SKIN", "--json")[1])
    assert shown["colors"][2]["name"] == "III"
    assert shown["colors"][2]["rgb"] == [178, 143, 119]
    assert {"set": "skin", "name": "Skin", "colors": 20} in json.loads(huedot("palettes", "list", "--json")[1])


def test_a_color_is_named_again_and_removed(huedot):
    assert huedot("palettes", "name", "Grandmother's coat", "#a03020")[1] == "Grandmother's coat is #a03020.\n"
    assert huedot("palettes", "name", "grandmother's coat", "#102030")[1].endswith("is #102030; it was #a03020.\n")
    assert json.loads(huedot("palettes", "show", "mine", "--json")[1])["colors"][0]["rgb"] == [16, 32, 48]
    assert huedot("palettes", "remove", "Grandmother's coat")[0] == 0
    code, _, err = huedot("palettes", "remove", "Grandmother's coat")
    assert (code, "no color" in err) == (2, True)


@pytest.mark.parametrize("ending", ["gpl", "kpl"])
def test_a_set_goes_out_and_comes_back(huedot, tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    assert huedot("palettes", "export", "wood", path)[0] == 0
    code, _, err = huedot("palettes", "export", "wood", path)
    assert (code, "--force" in err) == (2, True)
    assert huedot("palettes", "export", "wood", path, "--force")[0] == 0
    code, out, _ = huedot("palettes", "import", path, "--name", "Trees")
    assert (code, '"trees/Spruce and pine, fresh"' in out) == (0, True)
    assert len(read_palette(tmp_path / "palettes" / "trees.gpl").colors) == 18
    assert huedot("palettes", "remove", "trees")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "skinn"], "Did you mean skin"),
        (["name", "#1", "#a03020"], "Begin with another sign"),
        (["name", "Hat", "red"], "#rrggbb"),
        (["import", "none.gpl"], "is not there"),
        (["export", "skin", "out.ase"], "neither .gpl nor .kpl"),
        (["remove", "skin"], "no color"),
    ],
)
def test_what_cannot_be_done_is_bad_input(huedot, words, said):
    code, out, err = huedot("palettes", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_broken_file_of_the_user_is_named_and_the_others_listed(huedot, tmp_path):
    (tmp_path / "palettes").mkdir()
    (tmp_path / "palettes" / "broken.gpl").write_text("no palette")
    code, out, err = huedot("palettes", "list")
    assert (code, "skin" in out, "broken.gpl" in err) == (0, True, True)
