"""Hints as files: layers, dots in JSON, and what is refused."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from huedot.daemon.files.hints import read_hints
from huedot.protocol.errors import ArgumentError, FileError, HueDotError
from huedot.protocol.palettes.library import keep_color


def written(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def dot(**changes):
    return {"x": 10, "y": 8, "color": "#c81e28", "radius": 2, **changes}


def test_a_layer(tmp_path):
    pixels = np.zeros((20, 30, 4), np.uint8)
    pixels[5, 6] = (200, 30, 40, 255)
    Image.fromarray(pixels).save(tmp_path / "hints.png")
    assert np.array_equal(read_hints(tmp_path / "hints.png", 30, 20), pixels)


def test_a_layer_that_holds_no_hint_is_refused_and_a_faint_one_is_not(tmp_path):
    pixels = np.zeros((20, 30, 4), np.uint8)
    pixels[5, 6] = (200, 30, 40, 7)
    Image.fromarray(pixels).save(tmp_path / "hints.png")
    with pytest.raises(ArgumentError, match="nothing that counts"):
        read_hints(tmp_path / "hints.png", 30, 20)
    pixels[5, 6, 3] = 60
    Image.fromarray(pixels).save(tmp_path / "hints.png")
    assert read_hints(tmp_path / "hints.png", 30, 20)[5, 6, 3] == 60


def test_dots_are_discs_and_later_ones_lie_above(tmp_path):
    path = written(tmp_path / "hints.json", [dot(), dot(x=11, radius=0, color="#0000FF")])
    layer = read_hints(path, 30, 20)
    assert tuple(layer[8, 10]) == (200, 30, 40, 255)
    assert tuple(layer[8, 11]) == (0, 0, 255, 255)
    assert layer[8, 8, 3] == 255
    assert layer[8, 7, 3] == 0
    # A disc, not a square.
    assert layer[6, 8, 3] == 0
    assert int((layer[..., 3] > 0).sum()) == 13


def test_a_dot_at_the_edge_is_cut(tmp_path):
    layer = read_hints(written(tmp_path / "hints.json", [dot(x=0, y=19.5, radius=3)]), 30, 20)
    assert layer[19, 0, 3] == 255


@pytest.mark.parametrize(
    "value",
    [
        "no JSON",
        '[{"x": NaN, "y": 1, "color": "#ffffff"}]',
        '[{"x": 1e999, "y": 1, "color": "#ffffff"}]',
        {"x": 1},
        [1],
        [dot(x=30)],
        [dot(y=-1)],
        [dot(x="3")],
        [dot(x=True)],
        [dot(color="red")],
        [dot(color="#12345")],
        [dot(radius=-1)],
        [dot(radius=1e6)],
        [dot(size=3)],
        [{"x": 1, "y": 1}],
        [dot()] * 10_001,
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_dots_are_refused_by_name(tmp_path, value):
    with pytest.raises(HueDotError, match=r"hints\.json") as refused:
        read_hints(written(tmp_path / "hints.json", value), 30, 20)
    assert refused.value.code in ("bad_argument", "bad_file")


def test_the_dot_at_fault_is_named(tmp_path):
    with pytest.raises(ArgumentError, match="dot 2"):
        read_hints(written(tmp_path / "hints.json", [dot(), dot(), dot(x=99)]), 30, 20)


def test_pictures_that_are_no_hint_layer(tmp_path):
    Image.new("RGBA", (31, 20)).save(tmp_path / "size.png")
    with pytest.raises(ArgumentError, match="31 x 20"):
        read_hints(tmp_path / "size.png", 30, 20)
    Image.new("RGB", (30, 20)).save(tmp_path / "opaque.png")
    with pytest.raises(ArgumentError, match="transparent"):
        read_hints(tmp_path / "opaque.png", 30, 20)
    with pytest.raises(FileError, match=r"none\.png"):
        read_hints(tmp_path / "none.png", 30, 20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hints")


def drawn(folder, dots, width=30, height=20):
    return read_hints(written(folder / "hints.json", dots), width, height)


@given(
    x=st.floats(0, 30, exclude_max=True),
    y=st.floats(0, 20, exclude_max=True),
    radius=st.floats(0, 30, exclude_max=True),
)
def test_a_dot_holds_the_pixels_whose_centers_it_reaches(folder, x, y, radius):
    layer = drawn(folder, [dot(x=x, y=y, radius=radius)])
    rows, columns = np.mgrid[:20, :30]
    expected = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    expected[min(int(y + 0.5), 19), min(int(x + 0.5), 29)] = True
    assert np.array_equal(layer[..., 3] == 255, expected)
    assert np.all(layer[expected] == (200, 30, 40, 255))
    assert not layer[~expected].any()


def test_a_dot_between_pixels_lies_between_them(folder):
    layer = drawn(folder, [dot(x=10.5, y=8, radius=1)])
    assert np.argwhere(layer[..., 3]).tolist() == [[8, 10], [8, 11]]


def test_the_usual_radius_grows_with_the_photograph(folder):
    spot = dot()
    del spot["radius"]
    small, large = drawn(folder, [spot]), drawn(folder, [spot | {"x": 800, "y": 600}], 1600, 1200)
    assert np.ptp(np.argwhere(small[..., 3])[:, 0]) == 6
    # The diagonal has 2000 pixels.
    assert np.ptp(np.argwhere(large[..., 3])[:, 0]) == 20


def test_a_vast_dot_takes_no_more_memory_than_the_photograph(folder):
    tracemalloc.start()
    try:
        layer = drawn(folder, [dot(x=1, y=1, radius=5999)], 6000, 10)
        assert tracemalloc.get_traced_memory()[1] < 10 * layer.nbytes
    finally:
        tracemalloc.stop()
    assert np.all(layer[:, :5999, 3] == 255)


@pytest.mark.parametrize("field", ["x", "y", "radius"])
def test_whole_numbers_of_any_length_are_refused_by_name(folder, field):
    with pytest.raises(ArgumentError, match=f"dot 0: {field} = 1000"):
        drawn(folder, [dot(**{field: 10**400})])


def test_a_byte_order_mark_is_no_fault(folder):
    assert drawn(folder, "\ufeff" + json.dumps([dot()])).any()


@pytest.fixture
def coat(tmp_path, monkeypatch):
    """A color that the user named."""
    monkeypatch.setenv("HUEDOT_PALETTES", str(tmp_path / "palettes"))
    keep_color("Grandmother's coat", (160, 48, 32))


@pytest.mark.parametrize(
    ("name", "rgb"),
    [
        ("Grandmother's coat", (160, 48, 32)),
        ("mine/grandmother\u2019s coat", (160, 48, 32)),
        ("skin/III", (178, 143, 119)),
        ("Turkey red", (171, 78, 82)),
    ],
)
@pytest.mark.usefixtures("coat")
def test_a_color_may_be_a_name_of_a_palette(tmp_path, name, rgb):
    layer = read_hints(written(tmp_path / "hints.json", [dot(color=name)]), 30, 20)
    assert tuple(layer[8, 10]) == (*rgb, 255)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Grandmothers coat", "mine/Grandmother's coat"),
        ("skin/VII", "skin/VI"),
        ("Dark brown", "hair/Dark brown, eyes/"),
    ],
)
@pytest.mark.usefixtures("coat")
def test_a_name_that_is_not_there_is_answered_by_the_nearest(tmp_path, name, said):
    with pytest.raises(ArgumentError, match=said) as caught:
        read_hints(written(tmp_path / "hints.json", [dot(), dot(color=name)]), 30, 20)
    assert "hints.json, dot 1: " in str(caught.value)
