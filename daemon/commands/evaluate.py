"""Score networks and baselines on photographs: PSNR against the number of revealed points (the paper's Figure 6)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huedot.protocol.paths import write_whole

from .options import add_model, counts, model_of, names, positive, several_vividness
from .terminal import say, say_columns, say_json, working

if TYPE_CHECKING:
    from huedot.model.evaluate.figure6 import Plan, Scores
    from huedot.model.evaluate.methods import Baseline, Method, Network

STDOUT = Path("-")

Rows = list[tuple[object, ...]]
Summary = Mapping[str, Mapping[str, float]]
# The answer for programs, and the tables.
Measured = tuple[dict[str, Any], dict[str, Rows]]


@dataclass(frozen=True)
class Evaluation:
    """What is measured: the command line, and what it names."""

    arguments: argparse.Namespace
    networks: list[Network]
    baselines: list[Baseline]
    paths: list[Path]
    progress: Callable[[int, int], None]

    def plan(self) -> Plan:
        """Return what is revealed."""
        from huedot.model.evaluate import figure6

        arguments = self.arguments
        return figure6.Plan(arguments.points or figure6.POINTS, arguments.protocol, arguments.sampling)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of photographs in color, or one photograph")
    parser.add_argument("--limit", type=positive, metavar="N", help="use only N photographs, spread evenly by name")
    add_model(parser)
    parser.add_argument("--models", type=names, metavar="A,B", help="several, instead of --model")
    parser.add_argument("--baselines", type=names, default=[], metavar="A,B", help="of levin, bilateral; beside them")
    vividness_help = "the vividness, or several to compare (default: the network's own)"
    parser.add_argument("--vividness", type=several_vividness, default=(), metavar="N,N", help=vividness_help)
    parser.add_argument("--points", type=counts, metavar="N,N", help="how many to reveal (default: 0,1,2,5 … 501)")
    protocols = "patches of 6 x 6 pixels around the center, of 7 x 7 anywhere, or of 2 x 2 at 224 x 224 (default: A)"
    parser.add_argument("--protocol", choices=("A", "B", "iColoriT"), default="A", help=protocols)
    more = "take colorfulness, CIEDE2000 and SSIM as well, at 0, 1, 5, 10 and 50 points"
    parser.add_argument("--more", action="store_true", help=more)
    samplings = "places at random, or one after the other where the method errs most (default: random)"
    parser.add_argument("--sampling", choices=("random", "max-error"), default="random", help=samplings)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the gains over gray, as .png or .svg")
    json_help = "print JSON, for programs; or write it into FILE, beside the table"
    parser.add_argument("--json", type=Path, nargs="?", const=STDOUT, metavar="FILE", help=json_help)
    instead = parser.add_mutually_exclusive_group()
    palette_help = "measure instead how often the palettes hold the truth"
    instead.add_argument("--palette", action="store_true", help=palette_help)
    suggest_help = "measure instead what ten suggested points gain over ten random ones"
    instead.add_argument("--suggest", action="store_true", help=suggest_help)
    regions_help = "measure instead what five regions with a dot each gain over dots alone"
    instead.add_argument("--regions", action="store_true", help=regions_help)
    reach_help = "measure instead how far a hint's color goes, and how much of it where it does not belong"
    instead.add_argument("--reach", action="store_true", help=reach_help)
    aged_help = "measure instead what fading, darkness and uneven light cost"
    instead.add_argument("--aged", action="store_true", help=aged_help)
    sheet_help = "draw instead a contact sheet, a row for each photograph and count of points"
    instead.add_argument("--sheet", type=Path, metavar="FILE", help=sheet_help)


def run(arguments: argparse.Namespace) -> int:
    """Measure, and print a table for each method, or JSON."""
    from huedot.model.evaluate import measures, methods, photographs, plot

    if arguments.plot:
        plot.check(arguments.plot)
    if arguments.more:
        measures.check()
    baselines = methods.baselines(arguments.baselines)
    paths = photographs.find(arguments.folder, arguments.limit)
    kinds = {
        **{"palette": _palette, "suggest": _suggest, "regions": _regions},
        **{"reach": _reach, "aged": _aged, "sheet": _sheet},
    }
    measure = next((kind for name, kind in kinds.items() if getattr(arguments, name)), _curve)
    with working("loading the network") as progress:
        networks = methods.networks(arguments.models or [model_of(arguments) or "huedot"], arguments.vividness)
        evaluation = Evaluation(
            arguments, networks, baselines, paths, lambda done, of: progress(f"photograph {done} of {of}", done / of)
        )
        answer, tables = measure(evaluation)
    answer = {"photographs": len(paths), **answer}
    if arguments.json == STDOUT:
        say_json(answer)
        return 0
    if arguments.json:
        _write(arguments.json, answer)
    for name, rows in tables.items():
        if len(tables) > 1:
            say(f"{name}:")
        say_columns(rows)
        say("")
    say(f"{len(paths)} photographs")
    return 0


def _curve(evaluation: Evaluation) -> Measured:
    from huedot.model.evaluate import figure6, plot

    plan = evaluation.plan()
    methods: list[Method] = [*evaluation.networks, *evaluation.baselines]
    scores = figure6.evaluate(methods, evaluation.paths, plan, evaluation.progress, evaluation.arguments.more)
    if evaluation.arguments.plot:
        caption = f"{len(evaluation.paths)} photographs, protocol {plan.protocol}, {plan.sampling} points"
        summaries = {name: each.summary() for name, each in scores.items()}
        plot.draw(summaries, evaluation.arguments.plot, caption, published=plan.sampling == "random")
    first, *others = (
        {
            "method": name,
            "scores": each.summary(),
            "chroma": each.mean_chroma(),
            "measures": each.mean_measures(),
        }
        for name, each in scores.items()
    )
    answer = {"protocol": plan.protocol, "sampling": plan.sampling, **first}
    return {**answer, "others": {each.pop("method"): each for each in others}}, {
        name: _curve_rows(each) for name, each in scores.items()
    }


def _curve_rows(scores: Scores) -> Rows:
    rows = [
        (heading, f"{row['psnr']:.2f}", f"{row['standard_error']:.2f}", f"{row['gain_over_gray']:+.2f}")
        for heading, row in scores.summary().items()
    ]
    chroma = [(f"{name} chroma", f"{value:.1f}", "", "") for name, value in scores.mean_chroma().items()]
    measures = [
        (f"{name} {heading}", f"{value:.3f}" if name == "ssim" else f"{value:.1f}", "", "")
        for name, headings in scores.mean_measures().items()
        for heading, value in headings.items()
    ]
    return [("revealed", "PSNR (dB)", "std. error", "over gray"), *rows, *chroma, *measures]


def _palette(evaluation: Evaluation) -> Measured:
    from huedot.model.evaluate import figure6, palettes

    shares = palettes.evaluate(evaluation.networks, evaluation.paths, evaluation.progress)
    summary = {
        name: {
            heading: {"share": sum(values) / len(values), "standard_error": figure6.standard_error(values)}
            for heading, values in each.items()
        }
        for name, each in shares.items()
    }
    rows = [
        (name, heading, f"{100 * row['share']:.1f} %", f"{100 * row['standard_error']:.1f}")
        for name, each in summary.items()
        for heading, row in each.items()
    ]
    answer = {"places": palettes.PLACES, "close": palettes.CLOSE, "palette": summary}
    return answer, {"palette": [("palette", "revealed", "holds the truth", "std. error"), *rows]}


def _aged(evaluation: Evaluation) -> Measured:
    from huedot.model.evaluate import aged

    errors = aged.evaluate(evaluation.networks, evaluation.paths, evaluation.progress)
    summary = {name: aged.ratios(each) for name, each in errors.items()}
    rows = [
        (name, age, count, f"{row['error']:.2f}", f"{row['mean']:.2f}", f"{row['worst']:.2f}")
        for name, ages in summary.items()
        for age, counts in ages.items()
        for count, row in counts.items()
    ]
    heads = ("network", "photographs", "revealed", "error (ab)", "to fresh", "worst tenth")
    return {"aged": summary}, {"aged": [heads, *rows]}


def _reach(evaluation: Evaluation) -> Measured:
    from huedot.model.evaluate import figure6, reach

    values = reach.evaluate([*evaluation.networks, *evaluation.baselines], evaluation.paths, evaluation.progress)
    summary = {
        name: {
            heading: {"mean": sum(each) / len(each), "standard_error": figure6.standard_error(each)}
            for heading, each in headings.items()
        }
        for name, headings in values.items()
    }
    rows = [
        (name, heading, f"{row['mean']:.1f}", f"{row['standard_error']:.1f}")
        for name, headings in summary.items()
        for heading, row in headings.items()
    ]
    return {"reach": summary}, {"reach": [("method", "of a hint", "mean", "std. error"), *rows]}


def _suggest(evaluation: Evaluation) -> Measured:
    from huedot.model.evaluate import suggestions

    scores = suggestions.evaluate(evaluation.networks, evaluation.paths, evaluation.progress)
    answer = {
        name: {"scores": each.summary(), "gains_of_suggested": suggestions.gains(each)} for name, each in scores.items()
    }
    return {"points": suggestions.COUNT, "suggest": answer}, {
        name: _suggest_rows(each["scores"], each["gains_of_suggested"]) for name, each in answer.items()
    }


def _regions(evaluation: Evaluation) -> Measured:
    from huedot.model.evaluate import regions

    scores = regions.evaluate(evaluation.networks, evaluation.paths, evaluation.progress)
    answer = {name: each.summary() for name, each in scores.items()}
    return {"regions": answer}, {name: _curve_rows(each) for name, each in scores.items()}


def _suggest_rows(scores: Summary, gains: Summary) -> Rows:
    rows: Rows = [("ten points", "PSNR (dB)", "std. error", "suggested gain", "std. error", "of photographs")]
    for heading, row in scores.items():
        more: tuple[str, ...] = ("", "", "")
        if gain := gains.get(heading):
            more = (f"{gain['gain']:+.2f}", f"{gain['standard_error']:.2f}", f"{100 * gain['better']:.0f} %")
        rows.append((heading, f"{row['psnr']:.2f}", f"{row['standard_error']:.2f}", *more))
    return rows


def _sheet(evaluation: Evaluation) -> Measured:
    from huedot.model.evaluate import sheet

    out = evaluation.arguments.sheet
    sheet.draw(
        [*evaluation.networks, *evaluation.baselines], evaluation.paths, evaluation.plan(), out, evaluation.progress
    )
    return {"sheet": str(out)}, {"sheet": [("contact sheet:", out)]}


def _write(path: Path, answer: object) -> None:
    write_whole(path, (json.dumps(answer, indent=2, allow_nan=False) + "\n").encode())
