"""What MkDocs cannot take as it is: the command line's reference, and pages that lie outside docs/."""

import argparse
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from huedot.daemon.cli import EXIT_CODES, VERBS, parser_for

ROOT = Path(__file__).parent.parent
# Pages of the site, and the files that they are.
OUTSIDE = {
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "model-card.md": "weights/MODEL_CARD.md",
    "notices.md": "NOTICES.md",
}
SOURCE = "https://github.com/huedot/huedot/blob/main/"
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")
WIDTH = "78"


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made here."""
    made = {page: (ROOT / path).read_text(encoding="utf-8") for page, path in OUTSIDE.items()}
    for page, text in {**made, "cli.md": command_line()}.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links to files of the repository into links to pages, or to the repository itself."""
    here = posixpath.dirname(OUTSIDE.get(page.file.src_uri, f"docs/{page.file.src_uri}"))

    def turned(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        path = posixpath.normpath(posixpath.join(here, target))
        pages = {file: name for name, file in OUTSIDE.items()}
        if path in pages:
            return f"[{text}]({pages[path]}{anchor})"
        if path.startswith("docs/"):
            return f"[{text}]({path.removeprefix('docs/')}{anchor})"
        return f"[{text}]({SOURCE}{path}{anchor})" if (ROOT / path).exists() else match[0]

    return LINK.sub(turned, markdown)


def command_line() -> str:
    """Return the reference of the command line, of what --help says."""
    parts = [
        "# Command line",
        "What `huedot VERB --help` says. [How to use it](command-line.md) says more.",
        EXIT_CODES,
    ]
    for verb, summary in VERBS.items():
        parts.append(f"## huedot {verb}\n\n{summary[0].upper()}{summary[1:]}.")
        parts += [f"```text\n{text}\n```" for text in help_texts(verb)]
    return "\n\n".join(parts) + "\n"


def help_texts(verb: str) -> list[str]:
    """Return the help of a verb, and of the verbs that it has in turn."""
    (verbs,) = (each for each in parser_for([verb])._actions if isinstance(each, argparse._SubParsersAction))
    parser = verbs.choices[verb]
    inner = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    parsers = [parser, *(each for action in inner for each in action.choices.values())]
    return [help_text(each) for each in parsers]


def help_text(parser: argparse.ArgumentParser) -> str:
    """Return a parser's help at a fixed width, without what all share."""
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=int(WIDTH))
    parser.epilog = None
    return parser.format_help().strip()
