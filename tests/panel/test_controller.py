"""The panel's logic, with a real daemon: what the user does, and what becomes of the layers."""

import numpy as np
import pytest

from huedot.panel import coloring

RED, BLUE = (190, 60, 50), (60, 90, 170)


def test_start_colors_and_asks_nothing_of_the_layers_of_others(desk):
    paper = desk.started()
    before = paper.photograph.copy()
    desk.settled()
    assert paper.result[..., 3].min() == 255
    assert np.array_equal(paper.photograph, before)
    assert not paper.hints.any()
    assert "Colored on the CPU" in desk.panel.status.text


def test_a_dot_is_followed_and_brings_suggestions(desk):
    paper = desk.started()
    desk.follow(lambda: paper.paint(60, 70, RED))
    assert desk.panel.state.proposals.place == (60, 70)
    assert len(desk.panel.state.proposals.swatches) == 9
    assert desk.panel.view.gamut is not None
    red, green, blue = (int(value) for value in paper.result[70, 60, :3])
    assert red > max(green, blue)
    assert desk.panel.state.settings.recent == [RED]


def test_nothing_is_written_during_a_stroke(desk):
    paper = desk.started()
    shown = paper.shown
    paper.paint(60, 70, RED)
    desk.until(lambda: desk.panel.context.client.has("colorize"))
    # The next stroke has begun.
    paper.busy = True
    for _ in range(200):
        desk.panel.tick()
    assert paper.shown == shown
    paper.busy = False
    desk.until(lambda: paper.shown > shown)


def test_the_newest_place_wins_whatever_came_between(desk):
    paper = desk.started()
    for x in range(10, 190, 20):
        paper.paint(x, 40, BLUE)
        desk.panel.tick()
    paper.paint(100, 120, RED)
    desk.until(lambda: desk.panel.state.proposals.place == (100, 120))
    desk.settled()
    red, _, blue = (int(value) for value in paper.result[120, 100, :3])
    assert red > blue


def test_only_the_selection(desk):
    paper = desk.started()
    desk.settled()
    paper.selected = np.zeros((150, 200), np.uint8)
    paper.selected[50:100, 20:90] = 255
    desk.follow(lambda: desk.panel.choose(selection_only=True))
    before = paper.result.copy()
    desk.follow(lambda: paper.paint(60, 70, RED))
    changed = np.any(paper.result != before, axis=2)
    assert changed.any()
    assert not (changed & (paper.selected == 0)).any()


def test_a_draft_comes_first_and_the_rest_after_a_pause(desk, monkeypatch):
    monkeypatch.setattr(coloring, "PAUSE_S", 60)
    paper = desk.started(width=2400, height=1200)
    desk.settled()
    desk.follow(lambda: desk.panel.choose(draft=True))
    paper.written.clear()
    desk.follow(lambda: paper.paint(300, 300, RED, 20))
    assert {area[2] for area in paper.written} == {1024}
    assert desk.panel.state.result.is_draft
    monkeypatch.setattr(coloring, "PAUSE_S", 0.1)
    desk.until(lambda: not desk.panel.state.result.is_draft)
    desk.settled()
    assert max(area[0] + area[2] for area in paper.written) == 2400


def test_a_variation_brings_its_dots_and_leaves_the_users(desk):
    paper = desk.started()
    desk.follow(lambda: paper.paint(60, 70, RED))
    desk.panel.vary()
    desk.until(lambda: len(desk.panel.state.proposals.variations) == 6)
    desk.follow(lambda: desk.panel.take_variation(3))
    assert tuple(paper.hints[70, 60]) == (*RED, 255)
    assert np.count_nonzero(paper.hints[..., 3]) > 100


@pytest.mark.parametrize("act", [lambda panel: panel.take_variation(3), lambda panel: panel.take_color(BLUE, True)])
def test_what_is_painted_while_the_panel_repaints_stays(desk, act):
    paper = desk.started(width=500)
    desk.follow(lambda: paper.paint(60, 70, RED))
    desk.panel.vary()
    desk.until(lambda: len(desk.panel.state.proposals.variations) == 6)
    act(desk.panel)
    # Before anything was read again.
    paper.paint(400, 100, RED)
    before = paper.strokes
    desk.until(lambda: paper.strokes > before and desk.panel.is_idle())
    assert tuple(paper.hints[100, 400]) == (*RED, 255)


def test_what_a_procedure_wrote_is_painted_over_as_a_whole(desk):
    paper = desk.started(width=1200, height=900)
    desk.follow(lambda: paper.paint(300, 300, RED, 2))
    paper.result[...] = 7
    paper.foreign = "a procedure"
    desk.follow(lambda: paper.paint(800, 300, (129, 128, 128), 1))
    assert not (paper.result[..., :3] == 7).all(2).any()


def test_painting_gives_up_variations(desk):
    paper = desk.started()
    desk.settled()
    desk.panel.vary()
    desk.follow(lambda: paper.paint(60, 70, RED))
    assert desk.panel.state.proposals.variations == []
    assert "Colored" in desk.panel.status.text


def test_a_dot_is_repainted_and_no_other(desk):
    paper = desk.started()
    desk.follow(lambda: paper.paint(130, 70, RED, 3))
    # Across four parts.
    desk.follow(lambda: paper.paint(62, 62, RED, 5))
    desk.follow(lambda: desk.panel.take_color(BLUE, repaint=True))
    assert tuple(paper.hints[58, 62]) == tuple(paper.hints[66, 62]) == (*BLUE, 255)
    assert tuple(paper.hints[70, 130]) == (*RED, 255)
    assert desk.brush is None
    desk.panel.take_color(BLUE)
    assert desk.brush == BLUE


def test_settings_live_in_the_document(desk):
    paper = desk.started()
    desk.panel.choose(saturation=0.4, vividness=1.6, live=False)
    desk.panel.show_document(None)
    desk.panel._states.clear()
    desk.panel.show_document(paper)
    assert desk.panel.state.settings.saturation == 0.4
    assert desk.panel.view.vividness_text == "160 %"
    assert not desk.panel.state.settings.live


@pytest.mark.parametrize(
    "state",
    [
        {"live": "yes"},
        {"saturation": 7},
        {"vividness": -1},
        {"vividness": "2"},
        {"recent": [[1, 2], "red", [1, 2, 300]]},
        {"x": 1},
        {"model": 7},
    ],
)
def test_settings_that_cannot_be_read_do_no_harm(desk, state):
    paper = desk.paper()
    paper.state = state
    desk.panel.show_document(paper)
    settings = desk.panel.state.settings
    chosen = settings.live, settings.saturation, settings.vividness, settings.recent, settings.model
    assert chosen == (True, None, None, [], None)


@pytest.mark.parametrize("act", ["dot", "saturation", "refresh", "erase"])
def test_a_result_that_came_with_the_document_stands_until_the_user_does_something(desk, act):
    paper = desk.started()
    desk.follow(lambda: paper.paint(60, 70, RED))
    paper.result[..., :3] = (1, 2, 3)
    desk.panel.show_document(None)
    desk.panel._states.clear()
    paper.written.clear()
    desk.panel.show_document(paper)
    desk.until(lambda: desk.panel.state.photograph.image and desk.panel.state.hints.parts and desk.panel.is_idle())
    desk.until(lambda: len(desk.panel.state.proposals.swatches) == 9)
    assert not paper.written
    assert "as it was saved" in desk.panel.status.text
    if act == "dot":
        desk.follow(lambda: paper.paint(90, 90, BLUE))
    if act == "saturation":
        desk.follow(lambda: desk.panel.choose(saturation=0.5))
    if act == "refresh":
        desk.follow(desk.panel.refresh)
    if act == "erase":
        paper.hints[...] = 0
        paper.strokes += 1
        desk.until(lambda: paper.written and desk.panel.is_idle())
    assert tuple(paper.result[10, 10, :3]) != (1, 2, 3)
    assert "Colored" in desk.panel.status.text


def test_two_documents_at_once(desk):
    first = desk.started()
    second = desk.started()
    desk.follow(lambda: second.paint(60, 70, RED))
    assert not first.hints.any()
    desk.panel.show_document(first)
    desk.follow(lambda: first.paint(30, 30, BLUE))
    assert int(first.result[30, 30, 2]) > int(first.result[30, 30, 0])
    assert int(second.result[70, 60, 0]) > int(second.result[70, 60, 2])


def test_colors_of_another_document(desk):
    other = desk.paper()
    other.photograph[..., :3] = (200, 60, 40)
    desk.started()
    desk.settled()
    assert desk.panel.view.vividness_text == "120 %"
    desk.follow(lambda: desk.panel.use_reference(other.key))
    assert desk.panel.view.vividness_text == "100 %"
    assert desk.panel.state.request_hints().histogram
    assert desk.panel.view.reference == other.key
    # It was closed: its colors stay, and can be given up.
    desk.papers.remove(other)
    assert desk.panel.others()[-1].key == other.key
    desk.panel.use_reference(other.key)
    assert desk.panel.state.request_hints().histogram
    desk.follow(lambda: desk.panel.use_reference(None))
    assert desk.panel.state.request_hints().histogram is None
    desk.panel.use_reference("a document that was closed")
    assert desk.panel.view.reference is None


def test_a_document_closed_at_any_moment(desk):
    for ticks in range(0, 60, 6):
        paper = desk.paper()
        desk.panel.show_document(paper)
        desk.panel.start()
        for _ in range(ticks):
            desk.panel.tick()
        paper.open = False
        desk.panel.show_document(None)
        desk.settled()
    desk.started()


def test_a_daemon_that_is_gone_is_said_and_the_next_dot_tries_again(desk, daemon):
    paper = desk.started()
    desk.settled()
    daemon.kill()
    paper.paint(60, 70, RED)
    desk.until(lambda: desk.panel.status.is_error)
    assert desk.panel.status.remedy
    assert "daemon_unreachable" in desk.panel.diagnostics()
    daemon.start()
    desk.follow(lambda: paper.paint(90, 90, BLUE))
    assert not desk.panel.status.is_error


def test_layers_gone_and_back(desk):
    paper = desk.started()
    desk.settled()
    paper.result = None
    desk.until(lambda: "gone" in desk.panel.status.text)
    desk.panel.start()
    desk.until(lambda: paper.result is not None and paper.result[..., 3].min() == 255)


def test_a_photograph_that_cannot_be_colored_yet(desk):
    paper = desk.paper()
    paper.gray = True
    desk.panel.show_document(paper)
    desk.panel.start()
    assert paper.hints is None
    desk.panel.convert()
    desk.panel.start()
    desk.until(lambda: desk.panel.state.result.identity)


def test_another_network_is_chosen_remembered_and_missed(desk):
    paper = desk.started()
    desk.settled()
    assert desk.panel.view.models == [(None, "tiny.safetensors"), ("huedot", "HueDot")]
    assert desk.panel.view.model is None
    before = paper.result.copy()
    desk.follow(lambda: desk.panel.choose_model("huedot"))
    assert desk.panel.view.model == desk.panel.state.photograph.model == "huedot"
    assert not np.array_equal(paper.result, before)
    desk.follow(lambda: paper.paint(60, 70, RED))
    assert len(desk.panel.state.proposals.swatches) == 9
    desk.panel.show_document(None)
    desk.panel._states.clear()
    desk.panel.show_document(paper)
    assert desk.panel.view.model == "huedot"
    # It was there when this was saved.
    paper.state = {**paper.state, "model": "siggraph17"}
    desk.panel.show_document(None)
    desk.panel._states.clear()
    desk.panel.show_document(paper)
    desk.follow(desk.panel.start)
    assert desk.panel.view.model is None
    # It may be there again.
    assert desk.panel.state.settings.model == "siggraph17"
    assert not desk.panel.status.is_error


@pytest.mark.parametrize("agrees", [True, False])
def test_the_button_of_an_image_in_gray_asks_before_it_converts(desk, agrees):
    paper = desk.paper()
    paper.gray = True
    desk.panel.show_document(paper)
    asked = []
    desk.panel.act(lambda question: asked.append(question) or agrees)
    assert len(asked) == 1
    assert paper.gray is not agrees


def test_what_the_user_agrees_to_late_is_not_done_to_another_document(desk):
    paper, other = desk.paper(), desk.paper()
    paper.gray = other.gray = True
    desk.panel.show_document(paper)
    desk.panel.act(lambda question: desk.panel.show_document(other) or True)
    assert (paper.gray, other.gray) == (True, True)


def test_nothing_that_goes_wrong_is_raised_into_the_editor(desk):
    desk.started()
    desk.panel.safely(lambda divisor: 1 / divisor, 0)
    assert desk.panel.status.is_error
