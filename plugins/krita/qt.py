"""PyQt6 or PyQt5, whichever this Krita has."""

try:
    from PyQt6.QtCore import QByteArray, QPoint, QRect, Qt, QTimer, pyqtSignal
    from PyQt6.QtGui import QColor, QIcon, QImage, QPainter, QPalette, QPen, QPixmap
    from PyQt6.QtWidgets import (
        QAbstractItemView,
        QApplication,
        QCheckBox,
        QComboBox,
        QFrame,
        QHBoxLayout,
        QLabel,
        QLineEdit,
        QMainWindow,
        QMessageBox,
        QPushButton,
        QScrollArea,
        QSizePolicy,
        QSlider,
        QToolTip,
        QVBoxLayout,
        QWidget,
    )
except ImportError:
    from PyQt5.QtCore import QByteArray, QPoint, QRect, Qt, QTimer, pyqtSignal
    from PyQt5.QtGui import QColor, QIcon, QImage, QPainter, QPalette, QPen, QPixmap
    from PyQt5.QtWidgets import (
        QAbstractItemView,
        QApplication,
        QCheckBox,
        QComboBox,
        QFrame,
        QHBoxLayout,
        QLabel,
        QLineEdit,
        QMainWindow,
        QMessageBox,
        QPushButton,
        QScrollArea,
        QSizePolicy,
        QSlider,
        QToolTip,
        QVBoxLayout,
        QWidget,
    )

__all__ = [
    "QAbstractItemView",
    "QApplication",
    "QByteArray",
    "QCheckBox",
    "QColor",
    "QComboBox",
    "QFrame",
    "QHBoxLayout",
    "QIcon",
    "QImage",
    "QLabel",
    "QLineEdit",
    "QMainWindow",
    "QMessageBox",
    "QPainter",
    "QPalette",
    "QPen",
    "QPixmap",
    "QPoint",
    "QPushButton",
    "QRect",
    "QScrollArea",
    "QSizePolicy",
    "QSlider",
    "QTimer",
    "QToolTip",
    "QVBoxLayout",
    "QWidget",
    "Qt",
    "pyqtSignal",
]
