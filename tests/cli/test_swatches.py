import io

import pytest
from rich.console import Console

from huedot.daemon.commands import swatches

COLORS = [((200, 30, 40), 0.7), ((10, 20, 250), 0.02)]


def shown(**options):
    out = io.StringIO()
    swatches.show(COLORS, Console(file=out, width=80, **options))
    return out.getvalue()


def test_a_terminal_shows_the_color_itself():
    text = shown(force_terminal=True, color_system="truecolor", no_color=False)
    # The background of the block.
    assert "48;2;200;30;40" in text
    assert "#c81e28" in text


def test_a_file_gets_codes_and_no_escapes():
    text = shown()
    assert "\x1b" not in text
    assert [line.split()[:2] for line in text.splitlines()] == [["#c81e28", "70.0%"], ["#0a14fa", "2.0%"]]


def test_who_wants_no_color_gets_no_block():
    text = shown(force_terminal=True, color_system="truecolor", no_color=True)
    assert "\x1b" not in text
    assert text == shown()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_output_without_blocks_gets_plain_bars(encoding):
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    swatches.show(COLORS, Console(file=out, width=80))
    out.flush()
    assert out.buffer.getvalue().split()[:3] == [b"#c81e28", b"70.0%", b"#" * 14]
