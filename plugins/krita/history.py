"""What the user does, as Krita's undo docker sees it: Krita's API does not tell."""

from __future__ import annotations

from typing import Any

from .qt import QAbstractItemView, QWidget


class History:
    """Counts what happens to Krita's undo history, which every stroke and every undo changes."""

    def __init__(self) -> None:
        self.count = 0
        self._views: list[Any] = []
        self._models: list[Any] = []

    def watch(self, window: QWidget) -> None:
        """Listen to the undo docker's model, once it is there; without it the panel still looks now and then."""
        if self._models:
            return
        history = window.findChildren(QWidget, "History")
        for view in [view for docker in history for view in docker.findChildren(QAbstractItemView)]:
            model = view.model()
            if model is not None:
                self._views.append(view)
                self._models.append(model)
                model.modelReset.connect(self._changed)

    @property
    def is_settled(self) -> bool:
        """Whether Krita tells how many steps are done: not for a moment when one was added."""
        return not self._views or bool(self._views[0].currentIndex().isValid())

    @property
    def done(self) -> int:
        """How many steps of the document that the user looks at are done, and not undone."""
        return max(0, self._views[0].currentIndex().row()) if self._views else 0

    @property
    def undone(self) -> int:
        """How many steps could be redone."""
        return max(0, self._models[0].rowCount() - 1 - self.done) if self._models else 0

    def _changed(self) -> None:
        self.count += 1
