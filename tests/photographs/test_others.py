"""The other formats: fax, HEIC, JPEG XL, AVIF, WebP, PPM of 16 bits, JPEG of inks; and what is refused."""

import io
import sys
from types import SimpleNamespace

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from huedot.photographs import endings, plain, read_photograph, reading, refusals
from huedot.protocol import wire
from huedot.protocol.errors import FileError

HEIGHT, WIDTH = 48, 64
RAMP = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
COLOR = np.stack([RAMP, np.full_like(RAMP, 0.4), 1 - RAMP], -1)
EIGHT = np.round(COLOR * 255).astype(np.uint8)


def test_the_limits_are_those_of_the_protocol():
    assert refusals.MOST_PIXELS == wire.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
@pytest.mark.parametrize("white_is_zero", [False, True])
def test_fax(tmp_path, compression, white_is_zero):
    bits = RAMP > 0.5
    options = {"tiffinfo": {262: 0}} if white_is_zero else {}
    Image.fromarray(bits).save(tmp_path / "a.tif", compression=compression, **options)
    assert np.array_equal(read_photograph(tmp_path / "a.tif").rgb[..., 0], bits * np.uint8(255))


@pytest.mark.parametrize("ending", ["webp", "avif", "heic", "jxl"])
def test_compressed(tmp_path, ending):
    options = {"webp": {"lossless": True}, "jxl": {"lossless": True}}.get(ending, {"quality": 95})
    # Registers the plugins.
    plain.formats()
    Image.fromarray(EIGHT).save(tmp_path / f"a.{ending}", **options)
    assert np.abs(read_photograph(tmp_path / f"a.{ending}").rgb.astype(int) - EIGHT).max() <= 8


@pytest.mark.parametrize(("ending", "named"), [("heic", "HEIC"), ("jxl", "JPEG XL")])
def test_without_its_plugin_a_file_is_refused_by_what_installs_it(tmp_path, monkeypatch, ending, named):
    plain.formats()
    Image.fromarray(EIGHT).save(tmp_path / f"a.{ending}")
    monkeypatch.setattr(plain, "formats", lambda: ("JPEG", "PNG"))
    with pytest.raises(FileError, match=named) as refused:
        read_photograph(tmp_path / f"a.{ending}")
    assert "huedot[formats]" in refused.value.remedy


def test_sixteen_bits_of_gray_in_ppm(tmp_path):
    deep = np.round(RAMP * 65535).astype(">u2")
    (tmp_path / "a.pgm").write_bytes(b"P5 %d %d 65535\n" % (WIDTH, HEIGHT) + deep.tobytes())
    assert np.array_equal(read_photograph(tmp_path / "a.pgm").full[..., 0], deep)


@pytest.mark.parametrize("inks", ["CMYK", "YCCK"])
def test_inks_in_jpeg(tmp_path, inks):
    """As Adobe writes them, inverted, and marked."""
    paper = np.dstack([EIGHT, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    kind = imagecodecs.JPEG8.CS[inks]
    data = imagecodecs.jpeg8_encode(paper, level=98, colorspace="CMYK", outcolorspace=kind, subsampling="444")
    (tmp_path / "a.jpg").write_bytes(data)
    assert np.abs(read_photograph(tmp_path / "a.jpg").rgb.astype(int) - EIGHT).max() <= 8


def test_without_the_libraries_a_deep_file_is_refused_by_their_names(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "imagecodecs", None)
    image = io.BytesIO()
    Image.fromarray(EIGHT).save(image, "PNG")
    assert reading.read(image, tmp_path / "a.png").rgb.shape == EIGHT.shape
    deep = np.round(COLOR * 65535).astype(np.uint16)
    monkeypatch.undo()
    data = imagecodecs.png_encode(deep)
    monkeypatch.setitem(__import__("sys").modules, "imagecodecs", None)
    with pytest.raises(FileError, match="takes imagecodecs"):
        reading.read(io.BytesIO(data), tmp_path / "a.png")


def test_a_plugin_that_fails_to_load_harms_no_other_format(monkeypatch, tmp_path):
    broken = SimpleNamespace(register_heif_opener=lambda: __import__("no_such_module_at_all"))
    monkeypatch.setitem(sys.modules, "pillow_heif", broken)
    plain.formats.cache_clear()
    Image.new("RGB", (16, 16), (200, 30, 30)).save(tmp_path / "photo.png")
    try:
        assert read_photograph(tmp_path / "photo.png").rgb[0, 0].tolist() == [200, 30, 30]
    finally:
        plain.formats.cache_clear()


@pytest.mark.parametrize("ending", ["mpo", "psb", "btf", "jxl", "heic", "avif", "jp2", "pfm", "webp", "tif"])
def test_the_endings_of_what_is_read(ending):
    assert f".{ending}" in endings()


RARE = {
    "12.jpg": ("a JPEG of 12 bits", lambda: imagecodecs.jpeg_encode(EIGHT.astype(np.uint16) * 16, bitspersample=12)),
    "lossless.jpg": ("a lossless JPEG", lambda: imagecodecs.ljpeg_encode(EIGHT[..., 0].astype(np.uint16) * 257)),
    "a.jls": ("a JPEG-LS picture", lambda: imagecodecs.jpegls_encode(EIGHT)),
    "a.jxr": ("a JPEG XR picture", lambda: imagecodecs.jpegxr_encode(EIGHT)),
    "a.pam": ("a PAM picture", lambda: b"P7\nWIDTH 8\nHEIGHT 8\nDEPTH 1\nMAXVAL 255\nENDHDR\n" + bytes(64)),
    "a.pfm": ("a PFM picture in color", lambda: b"PF\n8 8\n-1.0\n" + bytes(768)),
    "a.exr": ("an OpenEXR picture", lambda: b"v/1\1\2\0\0\0" + bytes(99)),
}


@pytest.mark.parametrize("name", RARE)
def test_what_is_whole_and_rare_is_refused_by_its_name(tmp_path, name):
    reason, write = RARE[name]
    (tmp_path / name).write_bytes(bytes(write()))
    with pytest.raises(FileError, match=f"{name} is {reason}, which is not supported"):
        read_photograph(tmp_path / name)


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "webp", "bmp", "tga", "ppm", "jp2"])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_what_is_cut_short_is_damaged_and_what_is_empty_is_empty(tmp_path, ending, share):
    noise = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / f"a.{ending}")
    data = (tmp_path / f"a.{ending}").read_bytes()
    (tmp_path / f"a.{ending}").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(FileError, match="damaged or cut short" if share else "is empty"):
        read_photograph(tmp_path / f"a.{ending}")
