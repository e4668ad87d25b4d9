"""What the dockers of all windows know of the open documents: which is which, and who wrote to their results."""

from __future__ import annotations

from collections import Counter
from itertools import count

from krita import Document as KritaDocument


class OpenDocument:
    """An open document, with a key of its own."""

    def __init__(self, document: KritaDocument) -> None:
        self.document, self.key = document, str(next(_KEYS))
        self._written: Counter[object] = Counter()

    def wrote(self, writer: object) -> None:
        """Note that a docker wrote to the result."""
        self._written[writer] += 1

    def others_wrote(self, writer: object) -> int:
        """Return how often other dockers did."""
        return sum(self._written.values()) - self._written[writer]


_KEYS = count(1)
_OPEN: list[OpenDocument] = []


def open_document(document: KritaDocument) -> OpenDocument:
    """Return what is known of a document. In a copy of it all is equal, ids and annotations: Krita alone tells."""
    _OPEN[:] = [each for each in _OPEN if each.document.rootNode() is not None]
    found = next((each for each in _OPEN if each.document == document), None)
    if found is None:
        found = OpenDocument(document)
        _OPEN.append(found)
    return found


def key_of(document: KritaDocument) -> str:
    """Return what tells a document from all others, as long as it is open."""
    return open_document(document).key
