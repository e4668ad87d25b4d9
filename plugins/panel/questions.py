"""What is asked and not yet answered. An answer counts only while its question is open: nobody took it back."""

from __future__ import annotations


class Question:
    """Something that was asked, and what the user is told meanwhile."""

    def __init__(self, kind: str, stage: str) -> None:
        self.kind, self.stage = kind, stage


class Questions:
    """The open questions of one document: of each kind, the latest alone."""

    def __init__(self) -> None:
        self._open: dict[str, Question] = {}

    @property
    def stage(self) -> str:
        """What the user waits for; empty if for nothing that takes long."""
        return next((each.stage for each in reversed(self._open.values()) if each.stage), "")

    def ask(self, kind: str, stage: str = "") -> Question:
        """Open a question; an older one of its kind is open no more."""
        self.withdraw(kind)
        self._open[kind] = Question(kind, stage)
        return self._open[kind]

    def withdraw(self, *kinds: str) -> None:
        """Close questions of these kinds: whatever answers come are too late."""
        for kind in kinds:
            self._open.pop(kind, None)

    def close(self, question: Question) -> bool:
        """Close a question whose answer came; returns whether it was still open."""
        if not self.holds(question):
            return False
        del self._open[question.kind]
        return True

    def holds(self, question: Question) -> bool:
        """Return whether a question is still open."""
        return self._open.get(question.kind) is question

    def is_open(self, kind: str) -> bool:
        """Return whether an answer of this kind is waited for."""
        return kind in self._open
