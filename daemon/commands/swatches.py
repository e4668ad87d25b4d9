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
    bar = "#" if console.options.ascii_only else "█"
    for rgb, probability in colors:
        code = code_of(rgb)
        line = _line(code, console)
        line.append(f"  {probability:6.1%}  ")
        line.append(bar * max(1, round(BAR * probability)), style=code)
        console.print(line, soft_wrap=True, highlight=False)


def show_named(colors: Iterable[tuple[tuple[int, int, int], str, str]], console: Console) -> None:
    """Print each color, sRGB 0..255, as a block with its code, its name, and where it comes from."""
    named = list(colors)
    width = max((len(name) for _, name, _ in named), default=0)
    for rgb, name, source in named:
        line = _line(code_of(rgb), console)
        line.append(f"  {name.ljust(width)}  {' '.join(source.split())}".rstrip())
        console.print(line, soft_wrap=True, highlight=False)


def _line(code: str, console: Console) -> Text:
    """Return the beginning of a color's line: where the console has colors, a block of it, and its code."""
    line = Text()
    if console.color_system and not console.no_color:
        line.append(" " * BLOCK, style=f"on {code}")
    line.append(f" {code}")
    return line


def code_of(rgb: tuple[int, int, int]) -> str:
    """Return a color, sRGB 0..255, as people write it."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)
