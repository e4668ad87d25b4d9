"""Only the selection: what was selected last stands until the user widens it, and soft edges stay soft."""

import numpy as np
import pytest

from huedot.panel import coloring

RED, BLUE, GREEN = (190, 60, 50), (60, 90, 170), (60, 150, 60)


@pytest.fixture
def paper(desk):
    paper = desk.started()
    desk.settled()
    return paper


def select(paper, mask):
    paper.selected = mask
    paper.strokes += 1


def box(paper, value=255):
    mask = np.zeros((paper.height, paper.width), np.uint8)
    mask[50:100, 20:90] = value
    return mask


def test_with_nothing_selected_any_more_the_last_selection_stands(desk, paper):
    select(paper, box(paper))
    desk.follow(lambda: desk.panel.choose(selection_only=True))
    assert "Only what is selected" in desk.panel.view.confined
    select(paper, None)
    desk.until(lambda: "selected last" in desk.panel.view.confined)
    before = paper.result.copy()
    desk.follow(lambda: paper.paint(60, 70, RED))
    changed = np.any(paper.result != before, axis=2)
    assert changed.any()
    assert not (changed & (box(paper) == 0)).any()
    desk.follow(lambda: desk.panel.choose(selection_only=False))
    assert desk.panel.view.confined == ""
    assert np.any(paper.result != before, axis=2)[110:].any()


def test_where_nothing_was_ever_selected_nothing_changes(desk, paper):
    desk.panel.choose(selection_only=True)
    before = paper.result.copy()
    paper.paint(60, 70, RED)
    desk.until(lambda: desk.panel.state.hints.parts)
    desk.settled()
    assert np.array_equal(paper.result, before)
    assert "Nothing is selected" in desk.panel.status.text
    assert "Nothing is selected" in desk.panel.view.confined
    desk.follow(lambda: select(paper, box(paper)))
    changed = np.any(paper.result != before, axis=2)
    assert changed.any()
    assert not (changed & (box(paper) == 0)).any()


def test_a_soft_edge_is_as_soft_after_many_refreshes(desk, paper):
    columns = np.broadcast_to(np.clip(np.arange(200) * 4, 0, 255), (150, 200))
    select(paper, columns.astype(np.uint8))
    before = paper.result.astype(int)
    desk.follow(lambda: desk.panel.choose(selection_only=True))
    desk.follow(lambda: paper.paint(24, 70, RED))
    once = paper.result.copy()
    for _ in range(5):
        desk.follow(desk.panel.refresh)
    assert np.abs(paper.result.astype(int) - once).max() <= 1
    assert np.abs(once[:, 16:32].astype(int) - before[:, 16:32]).max() > 0


def test_a_cropped_image_forgets_what_was_selected(desk, paper):
    select(paper, box(paper))
    desk.follow(lambda: desk.panel.choose(selection_only=True))
    select(paper, None)
    for name in ("photograph", "hints", "result"):
        setattr(paper, name, np.ascontiguousarray(getattr(paper, name)[:90, :80]))
    paper.width, paper.height = 80, 90
    desk.until(lambda: "Nothing is selected" in desk.panel.status.text and desk.panel.is_idle())
    assert not desk.panel.status.is_error


def test_a_photograph_that_is_partly_transparent_stays_so(desk):
    paper = desk.paper()
    paper.photograph[:40, :, 3] = 60
    desk.panel.show_document(paper)
    desk.follow(desk.panel.start)
    assert set(np.unique(paper.result[:40, :, 3])) == {60}
    assert set(np.unique(paper.result[40:, :, 3])) == {255}
    select(paper, box(paper, 128))
    desk.follow(lambda: desk.panel.choose(selection_only=True))
    assert set(np.unique(paper.result[:40, :, 3])) == {60}


def test_a_changed_photograph_is_opened_anew_by_itself(desk, paper):
    desk.follow(lambda: paper.paint(60, 70, RED))

    def flip():
        paper.photograph = np.ascontiguousarray(paper.photograph[:, ::-1])

    image = desk.panel.state.photograph.image
    desk.follow(flip)
    assert desk.panel.state.photograph.image != image
    gray = paper.result[..., :3].astype(int) @ (0.2126, 0.7152, 0.0722)
    assert np.abs(gray - paper.photograph[..., 0]).mean() < 12


def test_a_retouched_photograph_ends_a_saved_result(desk, paper):
    desk.panel.show_document(None)
    desk.panel._states.clear()
    desk.panel.show_document(paper)
    desk.until(lambda: desk.panel.state.photograph.image and desk.panel.is_idle())
    assert desk.panel.state.result.is_saved

    def retouch():
        paper.photograph[40:60, 40:60, :3] = 255

    desk.follow(retouch)
    assert not desk.panel.state.result.is_saved


def test_a_draft_has_no_hard_edges(desk, monkeypatch):
    monkeypatch.setattr(coloring, "PAUSE_S", 60)
    paper = desk.started(width=2400, height=1500)
    desk.settled()
    desk.follow(lambda: desk.panel.choose(draft=True))
    paper.result[..., :3] = 7
    desk.follow(lambda: paper.paint(1200, 700, RED, 20))
    outside = np.ones((1500, 2400), bool)
    outside[188:1212, 688:1712] = False
    assert (paper.result[..., :3][outside] == 7).all()
    steps = np.abs(np.diff(paper.result[700, 660:760].astype(int), axis=0)).max()
    assert steps < 12
    assert np.abs(paper.result[700, 1000, :3].astype(int) - 7).max() > 40
