"""Photoshop documents of every depth, made here byte by byte."""

import struct

import imagecodecs
import numpy as np
import pytest

from huedot.photographs import read_photograph
from huedot.protocol.errors import FileError, TooLarge

HEIGHT, WIDTH = 16, 48
RAMP = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
GRAY, RGB, CMYK, LAB = 1, 3, 4, 9


def stored(values, bits):
    return values.astype(">f4") if bits == 32 else np.round(values * (2**bits - 1)).astype(f">u{bits // 8}")


def resource(number, data):
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)


def psd(path, planes, mode, large=False, packed=False, layers=0, resources=b"", size=None):
    """Write planes (N, H, W), as they are stored."""
    bits, length = planes.dtype.itemsize * 8, ">Q" if large else ">I"
    height, width = size or planes.shape[1:]
    data = b"8BPS" + struct.pack(">H6xHIIHH", 2 if large else 1, len(planes), height, width, bits, mode)
    info = struct.pack(">h", layers) + b"\0\0"
    section = struct.pack(length, len(info)) + info if layers else b""
    data += struct.pack(">I", 0) + struct.pack(">I", len(resources)) + resources
    data += struct.pack(length, len(section)) + section + struct.pack(">H", int(packed))
    rows = [row.tobytes() for plane in planes for row in plane]
    if packed:
        rows = [bytes(imagecodecs.packbits_encode(row)) for row in rows]
        data += b"".join(struct.pack(">I" if large else ">H", len(row)) for row in rows)
    path.write_bytes(data + b"".join(rows))
    return path


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("mode", [GRAY, RGB, CMYK])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_depths_and_modes(tmp_path, bits, mode, large, packed):
    planes = np.stack([RAMP] * {GRAY: 1, RGB: 3, CMYK: 4}[mode])
    if mode == CMYK:
        # No black.
        planes[3] = 1
    photo = read_photograph(psd(tmp_path / "a.psd", stored(planes, bits), mode, large, packed))
    assert photo.is_deep == (bits == 16)
    assert np.abs(photo.rgb - RAMP[..., None] * 255).max() <= 1


@pytest.mark.parametrize("mode", [GRAY, RGB])
def test_thirty_two_bits_are_light(tmp_path, mode):
    planes = np.stack([RAMP] * (1 if mode == GRAY else 3))
    found = read_photograph(psd(tmp_path / "a.psd", stored(planes, 32), mode)).rgb
    truth = np.where(RAMP > 0.0031308, 1.055 * RAMP ** (1 / 2.4) - 0.055, 12.92 * RAMP) * 255
    assert np.abs(found - truth[..., None]).max() <= 1


def test_lab(tmp_path):
    planes = stored(np.stack([RAMP * 0 + 0.5, *[RAMP * 0 + 0.5] * 2]), 16)
    rgb = read_photograph(psd(tmp_path / "a.psd", planes, LAB)).rgb
    assert np.abs(rgb.astype(int) - 119).max() <= 1


def test_a_profile_layers_alpha_and_resolution(tmp_path):
    linear = imagecodecs.cms_profile("gray", gamma=1.0)
    said = resource(1039, linear) + resource(1005, struct.pack(">IHHIHH", 300 << 16, 1, 1, 300 << 16, 1, 1))
    said += resource(1060, b"<x/>")
    planes = stored(np.stack([RAMP, RAMP * 0 + 0.5, RAMP]), 16)
    photo = read_photograph(psd(tmp_path / "a.psd", planes, GRAY, layers=-3, resources=said))
    truth = np.where(RAMP > 0.0031308, 1.055 * RAMP ** (1 / 2.4) - 0.055, 12.92 * RAMP) * 255
    assert np.abs(photo.rgb[..., 0] - truth).max() <= 1
    assert np.all(photo.alpha8 == 128)
    assert photo.dpi == (300, 300)
    assert photo.dropped == ("1 extra channel", "3 layers", "XMP")


def test_what_is_not_read_is_refused_by_its_reason(tmp_path):
    planes = stored(np.stack([RAMP]), 16)
    with pytest.raises(FileError, match="color mode 7, which is not supported"):
        read_photograph(psd(tmp_path / "a.psd", planes, 7))
    with pytest.raises(TooLarge, match="million"):
        read_photograph(psd(tmp_path / "a.psd", planes, GRAY, size=(60_000, 60_000)))
    with pytest.raises(FileError, match="ends before its pixels do"):
        read_photograph(psd(tmp_path / "a.psd", planes, GRAY, size=(600, 600)))
    with pytest.raises(FileError, match="damaged"):
        read_photograph(psd(tmp_path / "a.psd", planes, RGB))
