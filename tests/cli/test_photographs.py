"""colorize, palette, suggest and variations in this process, and every bad input that they must refuse in one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from huedot.model.color import lightness
from huedot.photographs import read_photograph

VERBS = {
    "colorize": ("-o", "out.png"),
    "palette": ("--at", "5,5"),
    "suggest": (),
    "variations": ("-o", "out", "-n", "2"),
}


@pytest.fixture
def desk(tmp_path, monkeypatch, picture, hint_layer):
    """A folder to work in, with a photograph, good hints, and all kinds of bad files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUEDOT_RUNTIME", str(tmp_path / "run"))
    photo, layer = Image.fromarray(picture), hint_layer(80, 96, [(48, 40, 4, (200, 40, 40))])
    photo.save("photo.png")
    photo.save("whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:600])
    (tmp_path / "text.png").write_text("I am no picture.")
    Image.fromarray(layer).save("hints.png")
    Image.fromarray(layer[:40]).save("half.png")
    mask = np.zeros((80, 96), np.uint8)
    Image.fromarray(mask).save("black.png")
    mask[20:60, 30:70] = 255
    Image.fromarray(mask).save("mask.png")
    for name, dots in {
        "dots": [{"x": 48, "y": 40, "color": "#c82828"}],
        "outside": [{"x": 96, "y": 40, "color": "#c82828"}],
        "nan": [{"x": float("nan"), "y": 40, "color": "#c82828"}],
        "colorless": [{"x": 48, "y": 40}],
        "object": {},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(dots))
    (tmp_path / "broken.json").write_text("[{")
    (tmp_path / "bad.safetensors").write_bytes(b"weights?")
    return tmp_path


def ask(huedot, desk, weights, verb, *words, photo="photo.png"):
    """Run a verb in this process, with what it cannot do without; the files that were not there before come last."""
    before = set(desk.rglob("*"))
    model = () if "--model" in words else ("--model", weights)
    usual = VERBS[verb] if not {"-o", "--at"} & set(words) else ()
    code, out, err = huedot(verb, photo, *usual, *model, "--no-daemon", *words)
    return code, out, err, {path.relative_to(desk).as_posix() for path in set(desk.rglob("*")) - before}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--hints", "missing.png"), "missing.png"),
        (("--hints", "text.png"), "text.png"),
        (("--hints", "half.png"), "96 x 40"),
        (("--hints", "whole.jpg"), "transparent"),
        (("--hints", "outside.json"), "dot 0"),
        (("--hints", "nan.json"), "dot 0"),
        (("--hints", "colorless.json"), "dot 0"),
        (("--hints", "object.json"), "object.json"),
        (("--hints", "broken.json"), "broken.json"),
        (("--region", "missing.png"), "missing.png"),
        (("--region", "half.png"), "96 x 40"),
        (("--region", "black.png"), "black.png"),
        (("--region", "mask.png", "outside.json"), "dot 0"),
        (("--region", "mask.png", "-o", "mask.png"), "mask.png"),
        (("--model", "paint"), "paint"),
        (("--model", "missing.safetensors"), "missing.safetensors"),
        (("--model", "bad.safetensors"), "bad.safetensors"),
        (("--saturation", "7"), "--saturation"),
        (("--saturation", "nan"), "--saturation"),
        (("--vividness", "3.5"), "--vividness"),
        (("--vividness", "nan"), "--vividness"),
        (("--histogram", "missing.jpg"), "missing.jpg"),
        (("--histogram", "text.png"), "text.png"),
        (("-o", "photo.png"), "photo.png"),
        (("-o", "nowhere/out.png"), "nowhere"),
        (("-o", "out.xyz"), "out.xyz"),
        (("-o", "."), "."),
        (("--hints", "hints.png", "-o", "hints.png"), "hints.png"),
        (("--histogram", "whole.jpg", "-o", "whole.jpg"), "whole.jpg"),
    ],
)
def test_colorize_refuses(words, named, huedot, desk, tiny_weights):
    code, out, err, files = ask(huedot, desk, tiny_weights, "colorize", *words)
    assert (code, out, err.count("\n"), files) == (2, "", 1, set())
    assert named in err


def test_a_region_is_colored_by_its_own_hints(huedot, desk, tiny_weights):
    def colored(name, *words):
        assert ask(huedot, desk, tiny_weights, "colorize", *words, "-o", name)[0] == 0
        return np.asarray(Image.open(name)).astype(int)

    plain, inside = colored("plain.png"), np.asarray(Image.open("mask.png")) == 255
    red = colored("red.png", "--region", "mask.png", "dots.json")
    assert (red == plain)[~inside].all()
    assert (red != plain)[inside].any(1).mean() > 0.9
    # Alpha is a mask as well, and a dot that lies in the region is its own.
    shape = np.zeros((80, 96, 4), np.uint8)
    shape[20:60, 30:70, 3] = 255
    Image.fromarray(shape).save("shape.png")
    assert (colored("same.png", "--region", "shape.png", "--hints", "dots.json") == red).all()


def test_variations_never_write_over_a_regions_files(huedot, desk, tiny_weights):
    shutil.copy("mask.png", "variation-1.png")
    before = Path("variation-1.png").read_bytes()
    words = ("--region", "variation-1.png", "-o", ".", "-n", "2", "--force")
    code, _, err, files = ask(huedot, desk, tiny_weights, "variations", *words)
    assert (code, files, Path("variation-1.png").read_bytes()) == (2, set(), before)
    assert "variation-1.png" in err


def test_other_verbs_take_regions(huedot, desk, tiny_weights):
    words = ("--region", "mask.png", "dots.json")
    for verb in VERBS:
        assert ask(huedot, desk, tiny_weights, verb, *words)[0] == 0, verb


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("photo", ["missing.png", "text.png", "cut.jpg", "."])
def test_every_verb_refuses_a_bad_photograph(verb, photo, huedot, desk, tiny_weights):
    code, out, err, files = ask(huedot, desk, tiny_weights, verb, photo=photo)
    assert (code, out, err.count("\n"), files) == (2, "", 1, set())
    assert photo in err


@pytest.mark.parametrize("photo", ["missing.png", "nowhere/photo.png", ".", ""])
def test_without_o_a_bad_photograph_is_what_is_complained_about(photo, huedot, desk):
    code, out, err = huedot("colorize", photo, "--no-daemon")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert (photo or ".") in err


@pytest.mark.parametrize("place", ["96,0", "0,80", "9", "nan,0"])
def test_palette_refuses_a_place_outside(place, huedot, desk, tiny_weights):
    code, out, err, _ = ask(huedot, desk, tiny_weights, "palette", "--at", place)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--at" in err


def test_colorize_writes_the_picture_and_says_where(huedot, desk, tiny_weights):
    code, out, err, files = ask(huedot, desk, tiny_weights, "colorize", "--hints", "hints.png")
    assert (code, err, files) == (0, "", {"out.png"})
    assert out.startswith("out.png (96 x 80) in ")
    red, green, blue = np.asarray(Image.open("out.png"))[40, 48].astype(int)
    # The dot.
    assert red > green + 40 < blue + 80


def test_without_o_the_picture_lies_beside_the_photograph(huedot, desk, tiny_weights):
    code, out, _ = huedot("colorize", desk / "photo.png", "--no-daemon", "--json", "--model", tiny_weights)
    answer = json.loads(out)
    assert code == 0
    assert answer["output"] == str(desk / "photo-colored.png")
    assert (answer["width"], answer["height"], answer["warnings"]) == (96, 80, [])
    assert np.asarray(Image.open(answer["output"])).shape == (80, 96, 3)


def test_json_dots_and_a_layer_lie_over_each_other(huedot, desk, tiny_weights):
    (desk / "green.json").write_text('[{"x": 48, "y": 40, "color": "#28c828"}]')
    ask(huedot, desk, tiny_weights, "colorize", "--hints", "hints.png", "--hints", "green.json")
    red, green, _ = np.asarray(Image.open("out.png"))[40, 48].astype(int)
    assert green > red


def test_histogram_saturation_and_vividness_change_the_picture(huedot, desk, tiny_weights):
    Image.new("RGBA", (32, 32), (40, 90, 200, 255)).save("reference.png")
    pictures = []
    for words in ((), ("--histogram", "reference.png"), ("--saturation", "0.9"), ("--vividness", "0")):
        assert ask(huedot, desk, tiny_weights, "colorize", *words)[0] == 0
        pictures.append(np.asarray(Image.open("out.png")).astype(int))
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])
    assert np.ptp(pictures[3], axis=-1).max() < np.ptp(pictures[0], axis=-1).max()


def test_palette_shows_colors_or_json(huedot, desk, tiny_weights):
    code, out, err, _ = ask(huedot, desk, tiny_weights, "palette", "-k", "4")
    assert (code, err, out.count("#")) == (0, "", 4)
    code, text, _, _ = ask(huedot, desk, tiny_weights, "palette", "-k", "4", "--json")
    answer = json.loads(text)
    assert [f"#{bytes(color['rgb']).hex()}" in out for color in answer["colors"]] == [True] * 4
    probabilities = [color["probability"] for color in answer["colors"]]
    assert probabilities == sorted(probabilities, reverse=True)


def test_suggest_names_places_inside(huedot, desk, tiny_weights):
    code, out, err, _ = ask(huedot, desk, tiny_weights, "suggest", "-n", "3")
    assert (code, err, len(out.splitlines())) == (0, "", 4)
    places = json.loads(ask(huedot, desk, tiny_weights, "suggest", "-n", "3", "--json")[1])["places"]
    assert all(0 <= place["x"] < 96 and 0 <= place["y"] < 80 and 0 <= place["uncertainty"] <= 1 for place in places)
    assert [f"{place['x']},{place['y']}" for place in places] == [line.split()[0] for line in out.splitlines()[1:]]


def test_a_variation_comes_again_from_its_dots(huedot, desk, tiny_weights):
    code, out, err, _ = ask(huedot, desk, tiny_weights, "variations", "--hints", "hints.png", "--json")
    assert (code, err) == (0, "")
    second = json.loads(out)["variations"][1]
    assert (second["picture"], json.loads((desk / second["hints"]).read_text()) != []) == ("out/variation-2.png", True)
    shutil.move(second["hints"], "again.json")
    ask(huedot, desk, tiny_weights, "colorize", "--hints", "again.json", "--hints", "hints.png")
    assert np.array_equal(Image.open("out.png"), Image.open(second["picture"]))
    assert not np.array_equal(Image.open("out.png"), Image.open("out/variation-1.png"))


def test_variations_overwrite_no_hints(huedot, desk, tiny_weights):
    (desk / "out").mkdir()
    shutil.copy("dots.json", "out/variation-1.json")
    code, _, err, files = ask(huedot, desk, tiny_weights, "variations", "--hints", "out/variation-1.json")
    assert (code, files) == (2, set())
    assert "variation-1.json" in err


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("hints", [(), ("--hints", "dots.json")])
def test_sixteen_bits_in_are_sixteen_bits_out(ending, hints, huedot, tmp_path, tiny_weights, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    tifffile.imwrite("ramp.tif", ramp, photometric="minisblack", metadata=None)
    (tmp_path / "dots.json").write_text('[{"x": 200, "y": 128, "color": "#c82828", "radius": 9}]')
    words = ("ramp.tif", "-o", f"out.{ending}", *hints, "--model", tiny_weights, "--no-daemon")
    code, _, err = huedot("colorize", *words)
    assert (code, err) == (0, "")
    colored = read_photograph(tmp_path / f"out.{ending}").full
    assert colored.dtype == np.uint16
    assert len(np.unique(colored.reshape(-1, 3), axis=0)) > 60_000
    light = [lightness(each).numpy() for each in (colored, np.repeat(ramp[..., None], 3, 2))]
    # A last bit, where they weigh most.
    assert np.abs(light[0] - light[1]).max() < 0.0016
    assert len(np.unique(light[0].round(4))) > 60_000


def test_what_is_not_carried_over_is_named_on_one_line(huedot, tmp_path, tiny_weights, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)
    with tifffile.TiffWriter("pages.tif") as tiff:
        tiff.write(pixels, photometric="minisblack", metadata=None, extratags=[(700, "B", 4, b"<x/>", True)])
        tiff.write(pixels, photometric="minisblack", metadata=None)
    code, _, err = huedot("colorize", "pages.tif", "-o", "out.jpg", "--model", tiny_weights, "--no-daemon")
    assert code == 0
    assert err == "huedot: pages.tif: not carried over: 1 more page, XMP, 8 of 16 bits.\n"
