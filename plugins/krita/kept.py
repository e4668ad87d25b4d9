"""What HueDot keeps in a document: JSON in an annotation, which is saved with it and is no undo step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from krita import Document as KritaDocument

from .qt import QByteArray

ANNOTATION = "huedot"


def read(document: KritaDocument) -> dict[str, Any]:
    """Return what is kept; empty if nothing is, or nothing that can be read."""
    # To ask a closed document for its annotations crashes Krita 5.1.
    if document.rootNode() is None:
        return {}
    try:
        kept = json.loads(bytes(document.annotation(ANNOTATION)) or b"{}")
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def update(document: KritaDocument, new: Mapping[str, Any]) -> None:
    """Keep JSON values beside, or instead of, those that are kept."""
    if document.rootNode() is None:
        return
    data = json.dumps({**read(document), **new}).encode()
    document.setAnnotation(ANNOTATION, "HueDot's layers and settings", QByteArray(data))
