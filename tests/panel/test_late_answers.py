"""What comes late: it counts only if it is still wanted."""

import time

import numpy as np
import pytest

from huedot.protocol.errors import ImageUnknown

RED, BLUE = (190, 60, 50), (60, 90, 170)


class Held:
    """The thread that asks the daemon, which does not deliver what it has until it is let go."""

    def __init__(self, client):
        self._client, self._deliver = client, client.deliver
        client.deliver = lambda: None

    def until(self, kind):
        """Wait until an answer of this kind is there."""
        deadline = time.monotonic() + 60
        while not any(each == kind for each, _ in tuple(self._client._outcomes)):
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def let_go(self):
        self._client.deliver = self._deliver


@pytest.fixture
def started(desk):
    paper = desk.started()
    desk.follow(lambda: paper.paint(60, 70, RED))
    return paper


def held(desk, kind, act):
    """Hold an answer back, do something that makes it unwanted, and let it come."""
    held = Held(desk.panel.context.client)
    held.until(kind)
    act()
    held.let_go()
    desk.settled()


def test_borrowed_colors_taken_back(desk, started):
    other = desk.paper()
    before = started.result.copy()
    desk.panel.use_reference(other.key)
    held(desk, "histogram", lambda: desk.panel.use_reference(None))
    assert desk.panel.state.request_hints().histogram is None
    assert desk.panel.view.reference is None
    assert np.array_equal(started.result, before)


def test_borrowed_colors_chosen_anew(desk, started):
    first, second = desk.paper(), desk.paper()
    second.photograph[..., :3] = (200, 60, 40)
    desk.panel.use_reference(first.key)
    Held(desk.panel.context.client).until("histogram")
    late = desk.panel.context.client._outcomes.popleft()[1]
    del desk.panel.context.client.deliver
    desk.panel.use_reference(second.key)
    desk.until(lambda: desk.panel.state.reference.histogram)
    mine = desk.panel.state.reference.histogram
    late()
    desk.settled()
    assert desk.panel.state.reference.histogram == mine


def test_a_place_pointed_at_before_the_answer_for_another(desk, started):
    desk.panel.ask_about(10, 10)
    Held(desk.panel.context.client).until("palette")
    late = desk.panel.context.client._outcomes.popleft()[1]
    del desk.panel.context.client.deliver
    desk.panel.ask_about(180, 140)
    desk.settled()
    swatches, lightness = desk.panel.state.proposals.swatches, desk.panel.state.proposals.lightness
    late()
    assert desk.panel.state.proposals.swatches == swatches
    assert desk.panel.state.proposals.lightness == lightness


def test_a_place_pointed_at_while_others_are_looked_for(desk, started):
    desk.panel.where_next()
    held(desk, "suggest", lambda: desk.panel.ask_about(180, 140))
    assert len(desk.panel.state.proposals.places) == 3
    assert desk.panel.state.proposals.place == (180, 140)


@pytest.mark.parametrize("kind", ["variations", "suggest"])
def test_proposals_for_hints_that_were_painted_over(desk, started, kind):
    {"variations": desk.panel.vary, "suggest": desk.panel.where_next}[kind]()
    held(desk, kind, lambda: desk.panel.choose(saturation=0.2))
    assert desk.panel.state.proposals.variations == desk.panel.state.proposals.places == []
    assert "Colored" in desk.panel.status.text


def test_another_network_chosen_before_the_answer(desk, started):
    desk.panel.choose(saturation=0.3)
    desk.until(lambda: desk.panel.state.questions.is_open("colorize"))
    held(desk, "colorize", lambda: desk.panel.choose_model("huedot"))
    desk.until(lambda: desk.panel.is_idle() and not desk.panel.state.result.is_due)
    assert desk.panel.state.photograph.model == "huedot"
    before = started.result.copy()
    desk.follow(desk.panel.refresh)
    assert np.array_equal(started.result, before)


def test_confined_before_the_answer_for_all_of_it(desk, started):
    started.selected = np.zeros((150, 200), np.uint8)
    started.selected[50:100, 20:90] = 255
    before = started.result.copy()
    desk.panel.choose(saturation=1.0)
    desk.until(lambda: desk.panel.state.questions.is_open("colorize"))
    held(desk, "colorize", lambda: desk.panel.choose(selection_only=True))
    desk.until(lambda: not desk.panel.state.result.is_due and desk.panel.is_idle())
    changed = np.any(started.result != before, axis=2)
    assert changed.any()
    assert not (changed & (started.selected == 0)).any()


def test_confined_while_the_answer_is_written(desk):
    paper = desk.started(width=1200, height=900)
    paper.selected = np.zeros((900, 1200), np.uint8)
    paper.selected[100:200, 20:90] = 255
    before, write = paper.result.copy(), paper.write_result

    def write_result(area, pixels):
        write(area, pixels)
        del paper.write_result
        desk.panel.choose(selection_only=True)

    paper.write_result = write_result
    desk.panel.choose(saturation=1.0)
    desk.until(lambda: not desk.panel.state.result.is_due and desk.panel.is_idle())
    changed = np.any(paper.result != before, axis=2)
    assert not changed[400:].any()


def test_an_error_of_what_is_not_wanted_any_more(desk, started):
    other = desk.paper()
    context, state = desk.panel.context, desk.panel.state
    desk.panel.use_reference(other.key)

    def fail(client):
        raise ImageUnknown("Who?")

    context.ask(state, "histogram", fail, lambda reply: None)
    held(desk, "histogram", lambda: desk.panel.use_reference(None))
    assert state.trouble.error is None
    assert state.photograph.image
