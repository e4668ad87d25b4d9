"""Figure 6 as a picture: what each method gains over gray, against the number of revealed points."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from huedot.protocol.errors import ArgumentError
from huedot.protocol.paths import writing_whole

SUFFIXES = {".png", ".svg"}
COLORS = ("#c2410c", "#0f766e", "#6d28d9", "#334155", "#a16207", "#be185d")
# siggraph17 over gray (22.82 dB there), as its authors publish it: a thousand of ImageNet's validation photographs.
PUBLISHED = {
    "siggraph17, published": {0: 1.6, 1: 2.6, 2: 3.4, 5: 4.6, 10: 5.6, 20: 6.5, 50: 7.6, 100: 8.3, 200: 8.9, 501: 9.3},
    "siggraph17, retrained": {0: 3.6, 1: 4.3, 2: 4.7, 5: 5.5, 10: 6.3, 20: 7.1, 50: 8.1, 100: 8.9, 200: 9.5, 501: 10.1},
}

Summary = Mapping[str, Mapping[str, float]]


def check(path: Path) -> None:
    """Raise ArgumentError where a plot cannot be drawn into this file."""
    if path.suffix.lower() not in SUFFIXES:
        raise ArgumentError("plot", f"{path.name} is neither .png nor .svg.", "Name it so.")
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ArgumentError("plot", "needs matplotlib.", "pip install 'huedot[evaluate]'") from error


def draw(summaries: Mapping[str, Summary], path: Path, caption: str, published: bool = True) -> None:
    """Draw the gain over gray of each method, by name, with its standard error, as PNG or SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "huedot", "font.size": 10}):
        figure = Figure((7, 4.4), layout="constrained")
        axes = figure.add_subplot()
        for color, (name, summary) in zip(COLORS * len(summaries), summaries.items(), strict=False):
            counts = sorted(int(heading) for heading in summary if heading.isdecimal())
            rows = [summary[str(count)] for count in counts]
            gain = np.array([row["gain_over_gray"] for row in rows])
            error = np.array([row["gain_standard_error"] for row in rows])
            axes.plot(counts, gain, "o-", color=color, label=name, markersize=3.5)
            axes.fill_between(counts, gain - error, gain + error, color=color, alpha=0.15, linewidth=0)
        if published:
            for style, (name, curve) in zip(("--", ":"), PUBLISHED.items(), strict=True):
                label = f"{name}, on other photographs"
                axes.plot(*zip(*curve.items(), strict=True), style, color="#64748b", label=label)
        _label(axes, summaries, caption)
        with writing_whole(path) as part:
            figure.savefig(part, dpi=150, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def _label(axes: Any, summaries: Mapping[str, Summary], caption: str) -> None:
    counts = sorted({int(heading) for summary in summaries.values() for heading in summary if heading.isdecimal()})
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    axes.set(xlabel="revealed points", ylabel="gain over gray (dB)", title=caption)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
