"""Colors that a person can see in a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

BLOCK, BAR = 6, 20  # characters


def show(colors: Iterable[tuple[tuple[int, int, int], float]], console: Console) -> None:
    """Print each color, sRGB 0..255, as a block with its code and a bar of its probability.

    Where the terminal has no colors, or the output is no terminal, the block is left out.
    """
    in_color = console.color_system and not console.no_color
    bar = "#" if console.options.ascii_only else "█"
    for (red, green, blue), probability in colors:
        code = f"#{red:02x}{green:02x}{blue:02x}"
        line = Text()
        if in_color:
            line.append(" " * BLOCK, style=f"on {code}")
        line.append(f" {code}  {probability:6.1%}  ")
        line.append(bar * max(1, round(BAR * probability)), style=code)
        console.print(line, soft_wrap=True, highlight=False)
