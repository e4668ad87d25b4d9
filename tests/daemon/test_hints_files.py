"""Dots in JSON: places between pixels, numbers of any size, and what editors put before the first bracket."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huedot.daemon.hints import read_hints
from huedot.protocol.errors import ArgumentError


def drawn(folder, dots, width=30, height=20):
    path = folder / "hints.json"
    path.write_text(dots if isinstance(dots, str) else json.dumps(dots))
    return read_hints(path, width, height)


def dot(**changes):
    return {"x": 10, "y": 8, "color": "#c81e28", "radius": 2, **changes}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hints")


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
    assert np.ptp(np.argwhere(large[..., 3])[:, 0]) == 20  # the diagonal has 2000 pixels


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
