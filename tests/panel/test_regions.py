"""Regions: their dots color inside their masks alone; only what changed of them is read, and sent."""

import numpy as np
import pytest

from huedot.panel import words
from huedot.panel.areas import Pixels
from huedot.panel.regions import Regions

RED, BLUE = (190, 60, 50), (60, 90, 170)
INSIDE, OUTSIDE = np.s_[40:110, 20:90], np.s_[:, 110:]


@pytest.fixture
def paper(desk):
    paper = desk.started()
    desk.settled()
    return paper


def select(paper, part, value=255):
    paper.selected = np.zeros((paper.height, paper.width), np.uint8)
    paper.selected[part] = value
    paper.strokes += 1


def made(desk, paper, part):
    """Make a region of a part of the image, as the user does; return its key."""
    select(paper, part)
    desk.until(lambda: desk.panel.view.may_make_region)
    desk.follow(desk.panel.new_region)
    return next(reversed(paper.areas))


def redness(paper, part):
    return float(np.mean(paper.result[part][..., 0].astype(float) - paper.result[part][..., 2]))


def test_there_is_no_region_without_a_selection(desk, paper):
    assert not desk.panel.view.may_make_region
    select(paper, INSIDE)
    desk.until(lambda: desk.panel.view.may_make_region)


def test_a_dot_in_a_region_colors_inside_it_alone(desk, paper):
    coat = made(desk, paper, INSIDE)
    before = paper.result.copy()
    desk.follow(lambda: paper.paint(50, 70, RED, region=coat))
    changed = np.any(paper.result != before, axis=2)
    assert changed[INSIDE].any()
    changed[INSIDE] = False
    assert not changed.any()


def test_a_dot_outside_does_not_reach_in(desk, paper):
    made(desk, paper, INSIDE)
    before = paper.result.copy()
    desk.follow(lambda: paper.paint(150, 70, RED))
    changed = np.any(paper.result != before, axis=2)
    assert changed[OUTSIDE].any()
    assert not changed[INSIDE].any()


def test_the_upper_region_wins_and_a_hidden_one_does_not_count(desk, paper):
    lower, upper = made(desk, paper, INSIDE), made(desk, paper, INSIDE)
    desk.follow(lambda: paper.paint(50, 70, RED, region=lower))
    desk.follow(lambda: paper.paint(50, 70, BLUE, region=upper))
    blue = redness(paper, INSIDE)

    def hide(is_visible):
        paper.areas[upper].is_visible = is_visible
        paper.strokes += 1

    desk.follow(lambda: hide(False))
    assert redness(paper, INSIDE) > blue + 10
    desk.follow(lambda: hide(True))
    assert redness(paper, INSIDE) == pytest.approx(blue, abs=1)

    def reorder():
        paper.areas = {upper: paper.areas[upper], lower: paper.areas[lower]}
        paper.strokes += 1

    desk.follow(reorder)
    assert redness(paper, INSIDE) > blue + 10


def test_the_palette_is_of_the_newest_dot_wherever_it_is(desk, paper):
    coat = made(desk, paper, INSIDE)
    desk.follow(lambda: paper.paint(50, 70, RED, region=coat))
    assert desk.panel.state.proposals.place == (50, 70)
    assert desk.panel.state.settings.recent == [RED]
    desk.follow(lambda: paper.paint(150, 70, BLUE))
    assert desk.panel.state.proposals.place == (150, 70)
    desk.until(lambda: desk.panel.state.proposals.swatches)


def test_proposals_know_of_dots_in_regions(desk, paper):
    """A place with a dot is no place for the next one; to repaint a dot of a region is to paint over it by hand."""
    coat = made(desk, paper, INSIDE)
    desk.panel.where_next()
    desk.until(lambda: desk.panel.state.proposals.places)
    desk.panel.state.proposals.found_places([(50, 70), (150, 70)])
    desk.follow(lambda: paper.paint(50, 70, RED, region=coat))
    assert desk.panel.state.proposals.places == [(150, 70)]
    assert desk.panel.state.proposals.are_stale
    before = paper.strokes
    desk.panel.take_color(BLUE, repaint=True)
    desk.settled()
    assert desk.brush == BLUE
    assert paper.strokes == before


def test_only_what_changed_of_a_region_is_read_and_no_mask_is_sent_twice(desk, paper, monkeypatch):
    coat, wall = made(desk, paper, INSIDE), made(desk, paper, OUTSIDE)
    sent = []
    client = desk.panel.context.client._client
    monkeypatch.setattr(client, "mask", lambda *mask, send=client.mask: (sent.append(mask), send(*mask)))
    paper.read.clear()
    desk.follow(lambda: paper.paint(50, 70, RED, region=coat))
    assert set(paper.read) == {(coat, "dots")}
    assert sent == []
    paper.read.clear()

    def reshape():
        paper.areas[wall].mask[:20] = 0
        paper.strokes += 1

    desk.follow(reshape)
    assert set(paper.read) == {(wall, "mask")}
    assert [mask[1:] for mask in sent] == [(90, 130)]


def test_masks_that_the_daemon_lost_are_sent_again(desk, paper, daemon):
    coat = made(desk, paper, INSIDE)
    daemon.close()
    daemon.start()
    desk.follow(lambda: paper.paint(50, 70, RED, region=coat))
    assert not desk.panel.status.is_error
    assert redness(paper, INSIDE) > redness(paper, OUTSIDE) + 10


def test_a_daemon_that_is_too_old_colors_without_regions_and_it_is_said(desk, paper, monkeypatch):
    coat = made(desk, paper, INSIDE)
    client = desk.panel.context.client._client
    hello = {**client.connect(), "protocol": "1.1"}
    monkeypatch.setattr(client, "connect", lambda: hello)
    desk.panel.context.protocol = "1.1"
    desk.follow(lambda: paper.paint(50, 70, RED, region=coat))
    desk.follow(lambda: paper.paint(150, 70, BLUE))
    assert not desk.panel.status.is_error
    assert words.REGIONS_UNKNOWN in desk.panel.status.text
    assert paper.result[70, 150, 2] > paper.result[70, 150, 0]


def test_what_is_cut_away_of_a_mask(desk, paper):
    select(paper, np.s_[70:72, 33:40], 7)
    paper.make_region()
    regions = Regions()
    for _ in regions.read(paper):
        pass
    (region,) = regions.as_hints()
    assert region.area == (33, 70, 7, 2)
    (read,) = regions._read.values()
    assert read.mask.pixels == Pixels((33, 70, 7, 2), 1, bytes([7]) * 14)
    paper.areas[next(iter(paper.areas))].mask[:] = 0
    for _ in regions.read(paper):
        pass
    assert regions.as_hints() == []
