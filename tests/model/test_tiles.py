"""Refreshing by difference: what is laid over the old result makes what a whole colorization would be."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from huedot.model import Colorizer, Dot, Hints
from huedot.model.painting import BAND_PIXELS
from huedot.model.regions import Layer
from huedot.model.tiles import TOLERANCE, Tiling, _blocks, merged

SIZE = (400, 700)
# Levels of 8 bits that the tolerance and rounding can make, in these colors.
LEVELS = 2
NONE = Hints.none()


@pytest.fixture(scope="module")
def photo(tiny_weights):
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    gray = 110 + 30 * np.sin(rows / 31) + 30 * np.sin(columns / 47)
    return Colorizer.load(tiny_weights, device="cpu", working_size=256).open(gray.astype(np.uint8))


def dot(x, y, a, b):
    return Dot(x, y, 6, (float(a), float(b)))


dots = st.builds(dot, st.integers(0, 699), st.integers(0, 399), st.integers(-20, 20), st.integers(-20, 20))
# A new dot, or which one to take away.
edits = st.lists(st.one_of(dots, st.integers(0, 5)), min_size=2, max_size=6)


def lay(canvas, refresh, area=(0, 0, SIZE[1], SIZE[0])):
    for (x, y, width, height), picture in refresh.tiles:
        assert picture.shape == (height, width, 3)
        canvas[y - area[1] : y - area[1] + height, x - area[0] : x - area[0] + width] = picture


@settings(max_examples=12, deadline=None)
@given(edits, st.sampled_from([None, (130, 70, 333, 222), (600, 10, 7, 5)]))
def test_tiles_over_the_base_are_the_whole(photo, changes, area):
    size = area[2:] if area else SIZE[::-1]
    canvas, painted, since = np.zeros((size[1], size[0], 3), np.uint8), [], None
    for change in changes:
        if isinstance(change, Dot):
            painted.append(change)
        elif painted:
            painted.pop(change % len(painted))
        hints = Hints.from_dots(painted, SIZE)
        refresh = photo.refresh(hints, area=area, since=since)
        assert refresh.complete or since is not None
        since = refresh.shown
        lay(canvas, refresh, area or (0, 0, *SIZE[::-1]))
        assert np.abs(canvas.astype(int) - photo.colorize(hints, area=area)).max() <= LEVELS


def test_nothing_new_sends_nothing(photo):
    hints = Hints.from_dots([dot(100, 100, 20, 10)], SIZE)
    first = photo.refresh(hints)
    again = photo.refresh(hints, since=first.shown)
    assert (again.tiles, again.complete) == ([], False)


def test_another_area_is_painted_whole(photo):
    shown = photo.refresh(area=(0, 0, 200, 200)).shown
    refresh = photo.refresh(area=(0, 0, 300, 200), since=shown)
    assert [tile for tile, _ in refresh.tiles] == [(0, 0, 300, 200)]
    assert refresh.complete


def grid_of(value=0.0, height=37, width=64):
    return torch.full((1, 2, 5, height, width), value)


def test_a_cell_that_moved_repaints_all_that_interpolate_it():
    tiling = Tiling((2000, 3500), grid_of())
    area = (0, 0, 3500, 2000)
    old, moved = tiling.shown(area, [Layer(grid_of())], NONE), grid_of()
    moved[0, 1, 2, 8, 30] = 1.0
    changed = tiling.changed(old, tiling.shown(area, [Layer(moved)], NONE))
    # Cell 8 is its tile's first row: the tile above sees it.
    assert np.argwhere(changed).tolist() == [[1, 7], [2, 7]]
    (_, y, _, height), *rest = tiling.rectangles(changed, area)
    assert rest == []
    # Where interpolation between cells 7 and 8 begins.
    assert y <= 7.5 * 2000 / 37
    assert y + height >= 9.5 * 2000 / 37


def test_small_steps_do_not_add_up():
    tiling, area = Tiling((2000, 3500), grid_of()), (0, 0, 3500, 2000)
    shown, repainted = tiling.shown(area, [Layer(grid_of())], NONE), 0
    for step in range(1, 21):
        new = tiling.shown(area, [Layer(grid_of(step * TOLERANCE / 4))], NONE)
        changed = tiling.changed(shown, new)
        shown, repainted = merged(shown, new, changed), repainted + bool(changed.any())
        assert (shown.patches - new.patches).abs().max() <= TOLERANCE
    # It happens at every fifth step.
    assert repainted == 4


def test_hints_are_told_apart_by_place_and_color():
    tiling, area = Tiling((2000, 3500), grid_of()), (0, 0, 3500, 2000)
    one = Hints.from_dots([dot(1000, 1000, 20, 10)], (2000, 3500))
    other = [dot(1001, 1000, 20, 10), dot(1000, 1000, 10, 20), dot(1000, 1000, 20, 11)]
    shown = tiling.shown(area, [Layer(grid_of())], one)
    assert not tiling.changed(shown, tiling.shown(area, [Layer(grid_of())], one)).any()
    for each in other:
        hints = Hints.from_dots([each], (2000, 3500))
        assert tiling.changed(shown, tiling.shown(area, [Layer(grid_of())], hints)).sum() == 1


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=6))
def test_blocks_cover_a_mask_once(lines):
    mask = np.array(lines)
    seen = np.zeros(mask.shape, int)
    for top, left, bottom, right in _blocks(mask):
        seen[top:bottom, left:right] += 1
    assert np.array_equal(seen, mask.astype(int))


def test_a_checkerboard_of_tiles_stays_within_the_protocol(photo):
    tiling = Tiling((5000, 5000), grid_of(0, 256, 256))
    rows, columns = np.indices(tiling.shape)
    assert len(tiling.rectangles((rows + columns) % 2 == 0, (0, 0, 5000, 5000))) <= 256


def test_a_refresh_that_is_no_longer_wanted_stops_within_a_band(colorizer_of_bands):
    photo, bands = colorizer_of_bands

    class Unwanted(Exception):
        pass

    told = []

    def progress(fraction):
        told.append(fraction)
        if fraction > 0:
            raise Unwanted

    with pytest.raises(Unwanted):
        photo.refresh(progress=progress)
    assert told[:2] == [0, 0]
    assert told[2] == pytest.approx(1 / bands)


@pytest.fixture
def colorizer_of_bands(tiny_weights):
    height = 8 * BAND_PIXELS // 1024
    gray = np.full((height, 1024), 90, np.uint8)
    return Colorizer.load(tiny_weights, device="cpu", working_size=64).open(gray), 8
