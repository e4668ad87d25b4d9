"""Between Krita's pixels, Qt's images and the panel's bytes. Krita's 8-bit pixels are BGRA, as Qt's ARGB32 are."""

from __future__ import annotations

from .panel.host import Picture
from .protocol.wire import Buffer
from .qt import QImage, QPainter, Qt

ARGB, RGBA, RGB, ALPHA = (
    QImage.Format.Format_ARGB32,
    QImage.Format.Format_RGBA8888,
    QImage.Format.Format_RGB888,
    QImage.Format.Format_Alpha8,
)

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


def from_rgb(rgb: Buffer, width: int, height: int) -> QImage:
    """Return RGB pixels as an opaque image that owns its memory."""
    return QImage(bytes(rgb), width, height, width * 3, RGB).convertToFormat(ARGB)


def from_alpha(alpha: Buffer, width: int, height: int) -> QImage:
    """Return opacities, one byte a pixel, as an image that owns its memory."""
    return QImage(bytes(alpha), width, height, width, ALPHA).copy()


def over(above: QImage, beneath: QImage) -> QImage:
    """Return one image painted over another."""
    result = beneath.copy()
    painter = QPainter(result)
    painter.drawImage(0, 0, above)
    painter.end()
    return result


def to_picture(image: QImage) -> Picture:
    """Return an image as the panel takes it."""
    return Picture(image.width(), image.height(), 4, to_rgba(image))


def of_picture(picture: Picture) -> QImage:
    """Return a picture as an image that owns its memory."""
    kind = RGBA if picture.channels == 4 else RGB
    data = bytes(picture.pixels)
    return QImage(data, picture.width, picture.height, picture.width * picture.channels, kind).copy()
