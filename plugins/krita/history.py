"""What the user does, as Krita's undo docker sees it: Krita's API does not tell."""

from __future__ import annotations

from typing import Any

from .qt import QAbstractItemView, QWidget


class History:
    """Counts what happens to Krita's undo history, which every stroke and every undo changes."""

    def __init__(self) -> None:
        self.count = 0
        self._models: list[Any] = []

    def watch(self, window: QWidget) -> None:
        """Listen to the undo docker's model, once it is there; without it the panel still looks now and then."""
        if self._models:
            return
        history = window.findChildren(QWidget, "History")
        for view in [view for docker in history for view in docker.findChildren(QAbstractItemView)]:
            model = view.model()
            if model is not None:
                self._models.append(model)
                model.modelReset.connect(self._changed)

    def _changed(self) -> None:
        self.count += 1
