"""Several documents: what went wrong with one, or is waited for, is none of another's business."""

import copy

import numpy as np

from huedot.protocol import client
from huedot.protocol.errors import HueDotError, ImageUnknown

RED, BLUE = (190, 60, 50), (60, 90, 170)


def lock(paper):
    def refuse(*_):
        raise HueDotError("The pixels of the result layer are locked.", "Unlock them.")

    paper.write_result = refuse


def test_an_error_stays_with_its_document(desk):
    first = desk.started()
    lock(first)
    first.paint(60, 70, RED)
    desk.until(lambda: desk.panel.status.is_error)
    second = desk.started()
    desk.follow(lambda: second.paint(60, 70, RED))
    assert not desk.panel.status.is_error
    desk.panel.show_document(first)
    assert "locked" in desk.panel.status.text
    del first.write_result
    desk.follow(desk.panel.retry)
    assert not desk.panel.status.is_error


def test_an_error_of_a_closed_document_does_not_stop_the_next(desk):
    first = desk.started()
    lock(first)
    first.paint(60, 70, RED)
    desk.until(lambda: desk.panel.status.is_error)
    first.open = False
    second = desk.paper()
    second.make_layers()
    desk.follow(lambda: desk.panel.show_document(second))
    assert second.result[..., 3].min() == 255


def test_a_request_that_fails_when_another_document_is_shown(desk, daemon):
    first = desk.started()
    mine = desk.panel.state
    desk.started()
    other = desk.panel.state
    desk.settled()
    desk.panel.show_document(first)
    daemon.kill()
    first.paint(60, 70, RED)
    desk.until(lambda: desk.panel.context.client.has("colorize"))
    desk.panel.show_document(other.document)
    desk.until(lambda: mine.trouble.error)
    assert mine.result.is_due
    assert (other.result.is_due, other.trouble.error, desk.panel.status.is_error) == (False, None, False)
    desk.panel.context.fail(mine, ImageUnknown("Who?"))
    assert other.photograph.image
    assert not mine.photograph.image
    daemon.start()
    desk.panel.show_document(first)
    desk.follow(desk.panel.retry)
    assert int(first.result[70, 60, 0]) > int(first.result[70, 60, 2])


def test_a_document_closed_while_it_is_read_leaves_no_word_behind(desk):
    second = desk.started()
    desk.settled()
    first = desk.paper()
    desk.panel.show_document(first)
    desk.panel.start()
    state = desk.panel.state
    assert "Reading" in desk.panel.status.text
    desk.panel.show_document(second)
    assert "Colored" in desk.panel.status.text
    first.open = False
    desk.settled()
    assert not state.questions.stage
    assert "Colored" in desk.panel.status.text


def test_variations_given_up_for_another_document_are_not_waited_for(desk):
    first = desk.started()
    second = desk.started()
    desk.settled()
    desk.panel.show_document(first)
    desk.panel.vary()
    assert "Trying" in desk.panel.status.text
    desk.panel.show_document(second)
    assert "Trying" not in desk.panel.status.text
    desk.follow(lambda: second.paint(60, 70, RED))
    desk.panel.show_document(first)
    assert "Trying" not in desk.panel.status.text


def test_a_second_view_of_a_document_changes_nothing(desk):
    """What the first knows of the photograph's transparency, or is about to learn, would be forgotten."""
    paper = desk.started()
    read, view = paper.read_photograph, copy.copy(paper)

    def read_photograph(area):
        desk.panel.show_document(view)
        return read(area)

    paper.read_photograph = read_photograph
    desk.follow(desk.panel.refresh)
    assert desk.panel.state.document is paper


def test_an_answer_for_an_image_that_was_cropped_meanwhile_is_thrown_away(desk):
    paper = desk.started()
    desk.settled()
    paper.paint(60, 70, RED)
    desk.until(lambda: desk.panel.context.client.has("colorize"))
    paper.written.clear()
    crop(paper, 150, 100)
    desk.until(lambda: desk.panel.state.photograph.size == (150, 100) and desk.panel.state.result.identity)
    assert max(x + width for x, _, width, _ in paper.written) == 150
    assert max(y + height for _, y, _, height in paper.written) == 100
    assert not desk.panel.status.is_error


def test_an_image_cropped_while_an_answer_is_written(desk):
    paper = desk.started(width=1200, height=900)
    desk.settled()
    write = paper.write_result

    def write_result(*arguments):
        write(*arguments)
        if paper.width == 1200:
            crop(paper, 150, 100)

    paper.write_result = write_result
    desk.follow(lambda: desk.panel.choose(saturation=0.5))
    assert desk.panel.state.photograph.size == (150, 100)
    assert not desk.panel.status.is_error


def crop(paper, width, height):
    for name in ("photograph", "hints", "result"):
        setattr(paper, name, np.ascontiguousarray(getattr(paper, name)[:height, :width]))
    paper.width, paper.height = width, height


def test_borrowed_colors_outlive_the_daemon_whatever_else_was_opened(desk, daemon):
    paper = desk.started()
    other = desk.paper()
    desk.follow(lambda: desk.panel.use_reference(other.key))
    for i in range(client.KEPT["image"] + 1):
        paper.photograph[i, i, :3] = 1 + i
        desk.follow(desk.panel.refresh)
    daemon.kill()
    daemon.start()
    desk.follow(lambda: paper.paint(60, 70, RED))
    assert desk.panel.view.reference == other.key


def test_borrowed_colors_that_nobody_has_any_more_are_given_up(desk, daemon):
    paper = desk.started()
    other = desk.paper()
    desk.follow(lambda: desk.panel.use_reference(other.key))
    # As if many others had been borrowed since.
    desk.panel.context.client._client._kept["histogram"].clear()
    daemon.kill()
    daemon.start()
    begin, begun = paper.begin_photograph, []
    paper.begin_photograph = lambda: begun.append(begin())
    paper.paint(60, 70, RED)
    desk.until(lambda: desk.panel.status.is_error or len(begun) > 3)
    assert "borrowed" in desk.panel.status.text
    assert len(begun) == 1
    assert desk.panel.view.reference is None
    desk.follow(desk.panel.retry)
    assert not desk.panel.status.is_error
    desk.follow(lambda: desk.panel.use_reference(other.key))
