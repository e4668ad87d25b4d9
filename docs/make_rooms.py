"""Make docs/images/rooms.svg: which room imports which, drawn from the imports themselves.

    python docs/make_rooms.py

The rooms and their order are those of the table in CONTRIBUTING.md. An arrow that follows from others is left out.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DRAWING = ROOT / "docs" / "images" / "rooms.svg"
# The folders at the top, and what pyproject.toml calls them.
PACKAGES = {
    "plugins/common": "huedot.protocol",
    "plugins/panel": "huedot.panel",
    "plugins/krita": "huedot.krita",
    "plugins/gimp": "huedot.gimp",
    "weights": "huedot.weights",
    "photographs": "huedot.photographs",
    "model": "huedot.model",
    "daemon": "huedot.daemon",
}
# Places in the drawing: for looks alone, so that no arrow runs behind a box.
COLUMNS = (
    ("model/train", "photographs"),
    ("daemon", "daemon/commands", "model/evaluate", "model", "weights"),
    ("daemon/bench", "daemon/files", "daemon/computing", "plugins/common", "plugins/common/palettes"),
    ("daemon/install", "daemon/serving", "plugins/krita", "plugins/panel"),
    ("plugins/gimp",),
)
COLUMN = {room: i for i, rooms in enumerate(COLUMNS) for room in rooms}
WIDTH, HEIGHT, BOX_WIDTH, BOX_HEIGHT, MARGIN = 182, 74, 150, 34, 20


def rooms() -> list[str]:
    """Return the folders of the table, from the ground up: none may import from one that comes after it."""
    return re.findall(r"^\| `([\w/]+)/` \| [`i]", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.M)


def room_of(path: Path) -> str:
    """Return the room that a file is in: the nearest folder that the table names."""
    inside = [room for room in rooms() if path.is_relative_to(ROOT / room)]
    return max(inside, key=len)


def modules() -> dict[str, Path]:
    """Return the files of the code by the full names of their modules."""
    found = {}
    for folder, package in PACKAGES.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = (*package.split("."), *path.relative_to(ROOT / folder).with_suffix("").parts)
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


def imports() -> dict[str, set[str]]:
    """Return which modules of HueDot each of them imports, wherever in its file it does."""
    known = modules()
    return {name: set(_imported(name, path, known)) - {name} for name, path in known.items()}


def _imported(module: str, path: Path, known: dict[str, Path]) -> list[str]:
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    names = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = parts[: len(parts) + 1 - node.level] if node.level else []
            names += [".".join(filter(None, (*above, node.module, alias.name))) for alias in node.names]
    return [each for name in names if (each := _nearest(_original(name), known))]


def _original(name: str) -> str:
    """Return what a plugin's name means: it has copies of the protocol and the panel, and a name of its own."""
    name = re.sub(r"^huedot_(\w+)", r"huedot.\1", name)
    return re.sub(r"^huedot\.(krita|gimp)\.(protocol|panel)\b", r"huedot.\2", name)


def _nearest(name: str, known: dict[str, Path]) -> str:
    """Return the module that a name is, or is in; empty for one that is not HueDot's."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def arrows() -> dict[str, set[str]]:
    """Return which other rooms each room imports from."""
    known, found = modules(), {room: set[str]() for room in rooms()}
    for name, others in imports().items():
        room = room_of(known[name])
        found[room] |= {room_of(known[other]) for other in others} - {room}
    return found


def reachable(start: str, graph: dict[str, set[str]]) -> set[str]:
    """Return all that is reached from a room."""
    found: set[str] = set()
    for each in graph[start]:
        found |= {each} | reachable(each, graph)
    return found


def reduced(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return a graph without the arrows that follow from others."""
    return {a: {b for b in ends if not any(b in reachable(c, graph) for c in ends)} for a, ends in graph.items()}


def floors(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the rooms by how many stories of others are below them, the ground floor first."""
    stories: dict[str, int] = {}
    for room in rooms():
        stories[room] = 1 + max((stories[each] for each in graph[room]), default=-1)
    return [[room for room in rooms() if stories[room] == story] for story in range(max(stories.values()) + 1)]


def places(graph: dict[str, set[str]]) -> dict[str, tuple[float, float]]:
    """Return the middle of each room's box."""
    top = MARGIN + BOX_HEIGHT / 2
    levels = reversed(floors(graph))
    return {room: (WIDTH * (COLUMN[room] + 0.5), top + HEIGHT * i) for i, level in enumerate(levels) for room in level}


def drawing() -> str:
    """Return the drawing, as SVG."""
    graph = arrows()
    where = places(graph)
    width, height = WIDTH * len(COLUMNS), max(y for _, y in where.values()) + BOX_HEIGHT / 2 + MARGIN
    lines = [_arrow(where[a], where[b]) for a, ends in reduced(graph).items() for b in sorted(ends)]
    boxes = [_box(room, *place) for room, place in where.items()]
    tip = '<path d="M0 0 L8 4 L0 8 z" fill="#c2410c"/>'
    marker = f'<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" orient="auto" markerWidth="7">{tip}</marker>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" font-size="14"'
            ' font-family="system-ui, sans-serif" text-anchor="middle">',
            f"<defs>{marker}</defs>",
            f'<rect width="{width}" height="{height:.0f}" fill="#ffffff"/>',
            *lines,
            *boxes,
            "</svg>\n",
        ]
    )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Draw an arrow from the bottom of one box to the top of another."""
    (x0, y0), (x1, y1) = start, end
    y0, y1 = y0 + BOX_HEIGHT / 2, y1 - BOX_HEIGHT / 2
    bend = (y1 - y0) / 2
    path = f"M{x0:.0f} {y0:.0f} C{x0:.0f} {y0 + bend:.0f} {x1:.0f} {y1 - bend:.0f} {x1:.0f} {y1:.0f}"
    return f'<path d="{path}" fill="none" stroke="#c2410c" stroke-width="1.5" marker-end="url(#tip)"/>'


def _box(room: str, x: float, y: float) -> str:
    corner = f'x="{x - BOX_WIDTH / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}"'
    frame = f'<rect {corner} width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" fill="#ffedd5" stroke="#c2410c"/>'
    return f'{frame}<text x="{x:.0f}" y="{y + 5:.0f}" fill="#1e293b">{room}</text>'


if __name__ == "__main__":
    DRAWING.write_text(drawing(), "utf-8")
