"""A line for every fault: what happened, and the figure. `make test-faults` prints them."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parent
LINES = pytest.StashKey[list["Line"]]()
BEGIN, END = "<!-- what the suite measured -->\n", "<!-- until here -->\n"


LEFT_OUT = {"tests/faults": "make test-faults", "tests/krita": "make test-krita", "tests/gimp": "make test-gimp"}


class Line(NamedTuple):
    """A line of the report."""

    fault: str
    what: str
    # The test's own words.
    holds: str
    test: str

    def row(self):
        cells = (self.fault, self.holds, self.what, f"`{self.test}`")
        return " | ".join(["", *(cell.replace("|", "\\|") for cell in cells), ""]).strip()


@pytest.fixture
def figure(request):
    """Write a line of the report."""
    lines = request.config.stash.setdefault(LINES, [])
    holds = " ".join((request.function.__doc__ or "").split())
    test = f"{request.path.relative_to(TESTS)}::{request.function.__name__}"

    def write(fault, what):
        lines.append(Line(fault, what, holds, test))

    return write


def pytest_terminal_summary(terminalreporter, config):
    if config.args_source is config.ArgsSource.TESTPATHS:
        left_out = ", ".join(f"{folder} ({command})" for folder, command in LEFT_OUT.items())
        terminalreporter.write_line(f"left out: {left_out}; make test-all runs everything")
    lines = config.stash.get(LINES, [])
    if lines:
        terminalreporter.section("faults, and what was measured")
        for line in lines:
            terminalreporter.write_line(f"{line.fault:<58} {line.what}")
    if table := os.environ.get("HUEDOT_FAULTS_TABLE"):
        write_table(Path(table), lines)


def write_table(path, lines):
    """Put what was measured into a document, in place of what was measured before."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [
        "| fault | what holds | measured | test |",
        "|---|---|---|---|",
        *(line.row() for line in lines),
    ]
    path.write_text(before + BEGIN + "\n" + "\n".join(rows) + "\n\n" + END + after, encoding="utf-8")
