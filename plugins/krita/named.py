"""Named colors in the docker: a set to choose, its colors, and a name for the dot's."""

from __future__ import annotations

from collections.abc import Callable

from .panel import words
from .panel.controller import Controller
from .panel.palettes import NamedColors
from .qt import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from .widgets import QuietComboBox, Swatches

COLUMNS = 12
Safely = Callable[[Callable[..., None]], Callable[..., None]]


class NamedView(QWidget):
    """The sets of named colors, and what is done with them."""

    def __init__(self, controller: Controller, safely: Safely) -> None:
        """Show nothing yet; `safely` makes a slot that never raises."""
        super().__init__()
        self._controller = controller
        self._offered: list[tuple[str, str]] = []
        self.sets = QuietComboBox(words.NAMED)
        self.sets.setToolTip(words.SETS_TIP)
        self.sets.activated.connect(safely(lambda index: controller.choose_palette(self._offered[index][0])))
        self.colors = Swatches(COLUMNS, words.NAMED, with_bars=False)
        self.colors.taken.connect(safely(controller.take_color))
        self.name = QLineEdit()
        self.name.setPlaceholderText(words.NAME)
        self.name.setAccessibleName(words.NAME)
        self.name.returnPressed.connect(safely(self._keep))
        self.keep = QPushButton(words.KEEP)
        self.keep.clicked.connect(safely(lambda *_: self._keep()))
        self.said = QLabel()
        self.said.setWordWrap(True)
        self._lay_out()

    def show_named(self, named: NamedColors) -> None:
        """Show these."""
        if named.sets != self._offered:
            self._offered = named.sets
            self.sets.clear()
            self.sets.addItems([title for _, title in named.sets])
        self.sets.setCurrentIndex([key for key, _ in named.sets].index(named.chosen) if named.sets else -1)
        self.colors.show_colors(named.colors)
        for part in (self.name, self.keep):
            part.setEnabled(named.unnamed is not None)
            part.setToolTip(named.keep_tip)
        self.said.setText(named.said)
        self.said.setVisible(bool(named.said))

    def _keep(self) -> None:
        if self.name.text().strip():
            self._controller.name_color(self.name.text())
            self.name.clear()

    def _lay_out(self) -> None:
        choosing, keeping, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        choosing.addWidget(QLabel(words.NAMED))
        choosing.addWidget(self.sets, 1)
        keeping.addWidget(self.name, 1)
        keeping.addWidget(self.keep)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(choosing)
        column.addWidget(self.colors)
        column.addLayout(keeping)
        column.addWidget(self.said)
        self.setLayout(column)
