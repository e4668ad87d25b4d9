import io

from rich.console import Console

from huedot.daemon import swatches

COLORS = [((200, 30, 40), 0.7), ((10, 20, 250), 0.02)]


def shown(**options):
    out = io.StringIO()
    swatches.show(COLORS, Console(file=out, width=80, **options))
    return out.getvalue()


def test_a_terminal_shows_the_color_itself():
    text = shown(force_terminal=True, color_system="truecolor", no_color=False)
    assert "48;2;200;30;40" in text  # the background of the block
    assert "#c81e28" in text


def test_a_file_gets_codes_and_no_escapes():
    text = shown()
    assert "\x1b" not in text
    assert [line.split()[:2] for line in text.splitlines()] == [["#c81e28", "70.0%"], ["#0a14fa", "2.0%"]]
