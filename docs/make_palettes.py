"""Make docs/images/palettes.svg: the sets of colors that come with HueDot.

python docs/make_palettes.py
"""

from pathlib import Path
from xml.sax.saxutils import escape

from huedot.protocol.palettes.library import SHIPPED, Library

DRAWING = Path(__file__).parent / "images" / "palettes.svg"
COLUMNS, WIDTH, HEIGHT, GAP, TITLE, MARGIN = 16, 50, 34, 3, 24, 12


def drawing() -> str:
    """Return the drawing, as SVG; the name of each color is its tooltip."""
    lines, top = [], MARGIN
    for key in SHIPPED:
        palette = Library.read().palette(key)
        lines.append(f'<text x="{MARGIN}" y="{top + 15}" fill="#1e293b">{escape(f"{key}: {palette.name}")}</text>')
        top += TITLE
        for i, color in enumerate(palette.colors):
            x, y = MARGIN + i % COLUMNS * (WIDTH + GAP), top + i // COLUMNS * (HEIGHT + GAP)
            red, green, blue = color.rgb
            place = f'x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" fill="#{red:02x}{green:02x}{blue:02x}"'
            lines.append(f'<rect {place} stroke="#94a3b8"><title>{escape(color.name)}</title></rect>')
        top += -(-len(palette.colors) // COLUMNS) * (HEIGHT + GAP) + MARGIN
    width = 2 * MARGIN + COLUMNS * (WIDTH + GAP)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" font-size="15"'
    back = f'<rect width="{width}" height="{top}" fill="#ffffff"/>'
    return "\n".join([f'{head} font-family="system-ui, sans-serif">', back, *lines, "</svg>\n"])


if __name__ == "__main__":
    DRAWING.write_text(drawing(), "utf-8")
