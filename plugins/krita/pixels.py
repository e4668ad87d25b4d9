"""Between Krita's pixels, Qt's images and the panel's bytes. Krita's 8-bit pixels are BGRA, as Qt's ARGB32 are."""

from __future__ import annotations

from .panel.host import Picture
from .protocol.wire import Buffer
from .qt import QImage, Qt

ARGB, RGBA, RGB = QImage.Format.Format_ARGB32, QImage.Format.Format_RGBA8888, QImage.Format.Format_RGB888

SMOOTH = (Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


def bytes_of(image: QImage) -> bytes:
    """Return an image's bytes; its rows must not be padded, as rows of 4-byte pixels never are."""
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    return bytes(bits)


def from_krita(data: Buffer, width: int, height: int) -> QImage:
    """Wrap what `pixelData` returned; the bytes must outlive the image."""
    return QImage(data, width, height, width * 4, ARGB)


def to_rgba(image: QImage) -> bytes:
    """Return RGBA pixels, not premultiplied."""
    return bytes_of(image.convertToFormat(RGBA))


def to_picture(image: QImage) -> Picture:
    """Return an image as the panel takes it."""
    return Picture(image.width(), image.height(), 4, to_rgba(image))


def of_picture(picture: Picture) -> QImage:
    """Return a picture as an image that owns its memory."""
    kind = RGBA if picture.channels == 4 else RGB
    data = bytes(picture.pixels)
    return QImage(data, picture.width, picture.height, picture.width * picture.channels, kind).copy()
