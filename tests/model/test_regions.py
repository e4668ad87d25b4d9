"""Regions: dots color inside only, what is outside never reaches in, and only what changed is done again."""

import numpy as np
import pytest

from huedot.model import Colorizer, Dot, Hints, Mask, Region
from huedot.protocol.errors import ArgumentError

SIZE = (120, 200)
RED, GREEN = (60.0, 40.0), (-50.0, 30.0)


@pytest.fixture(scope="module")
def photo(tiny_weights):
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    gray = 110 + 30 * np.sin(rows / 31) + 30 * np.sin(columns / 47)
    return Colorizer.load(tiny_weights, device="cpu", working_size=128).open(gray.astype(np.uint8))


def box(left, top, right, bottom, value=255):
    mask = np.zeros(SIZE, np.uint8)
    mask[top:bottom, left:right] = value
    return mask


def dots(*places):
    return Hints.from_dots([Dot(x, y, 4, ab) for x, y, ab in places], SIZE)


COAT = box(100, 20, 180, 100)
INSIDE, OUTSIDE = COAT == 255, COAT == 0


def test_a_regions_dot_colors_inside_only(photo):
    plain, colored = photo.colorize(), photo.colorize(regions=[Region(COAT, dots((140, 60, RED)))])
    assert (colored == plain)[OUTSIDE].all()
    assert (colored != plain)[INSIDE].any(axis=1).mean() > 0.9


def test_a_dot_outside_never_reaches_in(photo):
    empty, beside = Region(COAT), dots((40, 60, GREEN))
    alone = photo.colorize(regions=[empty])
    assert (photo.colorize(beside, regions=[empty]) == alone)[INSIDE].all()
    assert (photo.colorize(beside, regions=[empty]) == photo.colorize(beside))[OUTSIDE].all()


def test_a_dot_that_was_there_before_is_confined(photo):
    dot = dots((140, 60, RED))
    assert (photo.colorize(dot, regions=[Region(COAT)]) == photo.colorize(regions=[Region(COAT, dot)])).all()


def test_a_regions_dots_outside_of_it_do_not_count(photo):
    stray = Region(COAT, dots((40, 60, RED)))
    assert (photo.colorize(regions=[stray]) == photo.colorize(regions=[Region(COAT)])).all()


def test_the_upper_region_covers_the_lower(photo):
    lower = Region(COAT, dots((120, 60, RED)))
    upper = Region(box(140, 0, 200, 120), dots((170, 60, GREEN)))
    both, there = photo.colorize(regions=[lower, upper]), box(140, 0, 200, 120) == 255
    assert (both == photo.colorize(regions=[upper]))[there].all()
    assert (both == photo.colorize(regions=[lower]))[~there & INSIDE].all()
    turned = photo.colorize(regions=[upper, lower])
    assert (turned == photo.colorize(regions=[lower]))[INSIDE].all()


def test_a_soft_edge_is_a_blend(photo):
    full = photo.colorize(regions=[Region(COAT, dots((140, 60, RED)))]).astype(int)
    mask = COAT.copy()
    mask[20:40, 100:180] = 128
    half, plain = photo.colorize(regions=[Region(mask, dots((140, 60, RED)))]).astype(int), photo.colorize().astype(int)
    strip = half[20:40, 100:180]
    between = np.minimum(full, plain)[20:40, 100:180] - 2, np.maximum(full, plain)[20:40, 100:180] + 2
    assert ((between[0] <= strip) & (strip <= between[1])).mean() > 0.95
    assert (strip != full[20:40, 100:180]).any(2).mean() > 0.9


def test_a_dot_keeps_its_own_color(photo):
    hints = dots((140, 60, (20.0, 10.0)))
    colored = photo.colorize(regions=[Region(COAT, hints)])
    assert (colored == photo.colorize(hints))[hints.rows, hints.columns].all()


def test_a_region_may_be_given_where_it_lies(photo):
    whole = photo.colorize(regions=[Region(COAT, dots((140, 60, RED)))])
    small = Mask.of(np.full((80, 80), 255, np.uint8), 100, 20)
    assert (photo.colorize(regions=[Region(small, dots((140, 60, RED)))]) == whole).all()


def test_an_area_is_a_part_of_the_whole(photo):
    regions = [Region(COAT, dots((140, 60, RED))), Region(box(90, 0, 120, 50, 100))]
    x, y, width, height = area = (95, 10, 50, 70)
    part = photo.colorize(regions=regions, area=area)
    assert np.abs(part.astype(int) - photo.colorize(regions=regions)[y : y + height, x : x + width]).max() <= 1


def test_only_the_changed_region_is_asked_for_again(photo, monkeypatch):
    asked = []
    predict = photo.encoded.backend.predict
    monkeypatch.setattr(photo.encoded.backend, "predict", lambda *given: asked.append(1) or predict(*given))
    left, right = box(0, 0, 60, 120), COAT

    def colorize(plain, one, other):
        asked.clear()
        photo.colorize(plain, regions=[Region(left, one), Region(right, other)])
        return len(asked)

    red, green, none = dots((30, 60, RED)), dots((140, 60, GREEN)), Hints.none()
    colorize(none, red, green)
    assert colorize(none, red, green) == 0
    assert colorize(none, red, dots((150, 60, GREEN))) == 1
    assert colorize(none, dots((20, 60, RED)), green) == 2
    assert colorize(dots((80, 60, RED)), dots((20, 60, RED)), green) == 1
    photo.palette(140, 60, none, regions=[Region(left, none), Region(right, green)])
    assert colorize(dots((80, 60, RED)), dots((20, 60, RED)), green) == 0


def test_the_palette_inside_is_of_the_regions_hints(photo):
    hints = dots((140, 60, RED))
    inside = photo.palette(150, 70, regions=[Region(COAT, hints)])
    assert inside == photo.palette(150, 70, hints, regions=[Region(COAT)])
    assert photo.palette(40, 60, regions=[Region(COAT, hints)]) == photo.palette(40, 60)


def test_what_is_laid_over_the_last_result_is_the_whole(photo):
    """Regions come, change, move to another place in the order, and go."""
    red, green = Region(COAT, dots((140, 60, RED))), Region(box(0, 0, 60, 60), dots((30, 30, GREEN)))
    other = Region(COAT, dots((150, 60, GREEN)))
    moved = Region(box(90, 20, 170, 100), dots((140, 60, RED)))
    shown, canvas = None, np.zeros((*SIZE, 3), np.uint8)
    for regions in ([], [red], [red, green], [green, red], [green, other], [moved], [moved, green], [green], [], [red]):
        refresh = photo.refresh(regions=regions, since=shown)
        for (x, y, width, height), picture in refresh.tiles:
            canvas[y : y + height, x : x + width] = picture
        shown = refresh.shown
        assert np.abs(canvas.astype(int) - photo.colorize(regions=regions)).max() <= 2


def test_a_region_repaints_nothing_far_away(tiny_weights):
    photo = Colorizer.load(tiny_weights, device="cpu", working_size=256).open(np.full((1000, 1500), 128, np.uint8))
    shown = photo.refresh().shown
    mask = np.zeros((1000, 1500), np.uint8)
    mask[100:200, 100:200] = 255
    hints = Hints.from_dots([Dot(150, 150, 4, RED)], (1000, 1500))
    refresh = photo.refresh(regions=[Region(mask, hints)], since=shown)
    assert 0 < sum(width * height for (_, _, width, height), _ in refresh.tiles) < 0.1 * 1000 * 1500


def test_what_is_suggested_and_varied_knows_the_regions(photo):
    regions = [Region(COAT, dots((140, 60, RED)))]
    assert len(photo.suggest(n=2, regions=regions)) == 2
    small = photo.preview(side=100, regions=regions)
    assert small.shape == (60, 100, 3)
    assert (small != photo.preview(side=100)).any(2)[15:45, 55:85].mean() > 0.9
    assert (small == photo.preview(side=100))[:, :45].all()


@pytest.mark.parametrize(
    "mask", [np.zeros((5, 5), np.uint8), np.zeros(SIZE), "coat", Mask.of(np.full((9, 9), 255, np.uint8), 195, 0)]
)
def test_a_mask_of_another_shape_is_refused(photo, mask):
    with pytest.raises(ArgumentError, match=r"regions\[0\]"):
        photo.colorize(regions=[Region(mask)])
    photo.colorize(regions=[Region(np.zeros(SIZE, np.uint8), dots((10, 10, RED)))])
