"""HueDot in Krita. What fails to load shows itself in the docker, not as a grayed-out plugin."""

from krita import DockWidget, DockWidgetFactory, DockWidgetFactoryBase, Krita

try:
    from .docker import HueDotDocker as Docker
except Exception:  # noqa: BLE001 - whatever it is, the user must see it
    import traceback

    FAILURE = traceback.format_exc()

    class Docker(DockWidget):  # type: ignore[no-redef]
        """Says why HueDot cannot be used."""

        def __init__(self) -> None:
            super().__init__()
            try:
                from PyQt6.QtWidgets import QPlainTextEdit
            except ImportError:
                from PyQt5.QtWidgets import QPlainTextEdit
            self.setWindowTitle("HueDot")
            text = QPlainTextEdit(f"HueDot could not be loaded. Install it again: huedot install krita\n\n{FAILURE}")
            text.setReadOnly(True)
            self.setWidget(text)

        def canvasChanged(self, canvas: object) -> None:  # noqa: N802 - Krita's name
            """Krita asks for this."""


Krita.instance().addDockWidgetFactory(DockWidgetFactory("huedot", DockWidgetFactoryBase.DockPosition.DockRight, Docker))
