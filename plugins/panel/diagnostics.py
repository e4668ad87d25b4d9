"""What a bug report needs: versions, device, times, the last error; no file names, no pixels."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

from .context import Context
from .view import model_of, status_of
from .words import MODELS

#: A path from its root on; spaces may be in its folders, and in its last part if quotes are around it.
PATH = re.compile(
    r"""(?<![\w.<])(?:[A-Za-z]:[\\/]|~?/|\\\\)(?:[^\\/\n"'“”<>]*[\\/])*(?:[^\n"'“”<>]*(?=["'“”])|[^\s"'“”<>]*)"""
)


def diagnostics_of(context: Context) -> str:
    """Return what a bug report needs of the document that is shown."""
    state = context.state
    document, error = (state.document, state.trouble.error) if state else (None, None)
    status = status_of(context)
    lines = [
        f"editor: {context.host.name}",
        f"daemon: {context.daemon or 'not connected'}",
        f"device: {context.device or 'unknown'}",
        f"network: {_network(model_of(context))}",
        f"image: {document.width} x {document.height}" if document else "image: none",
        f"painted parts: {len(state.hints.parts)}" if state else "",
        "milliseconds: " + ", ".join(f"{each:.0f}" for each in (state.result.times[-10:] if state else [])),
        f"status: {status.text} {status.remedy}",
        f"last error: {error.code if error else 'none'}",
        context.traceback,
    ]
    text = "\n".join(line for line in lines if line)
    return without_paths(text.replace(document.name, "(the image)") if document and document.name else text)


def without_paths(text: str) -> str:
    """Return a text in which paths are replaced by their last part's ending, or by that of HueDot's own files."""
    return PATH.sub(lambda found: _shortened(found[0]), text)


def _shortened(path: str) -> str:
    pure = PureWindowsPath(path) if "\\" in path or path[1:2] == ":" else PurePosixPath(path)
    parts = pure.parts
    if "huedot_krita" in parts or "huedot_gimp" in parts:
        own = next(i for i, part in enumerate(parts) if part in ("huedot_krita", "huedot_gimp"))
        return "/".join(parts[own:])
    return f"(a path){pure.suffix}"


def _network(model: str | None) -> str:
    if model is None:
        return "the default"
    return model if model in MODELS else "a custom one"
