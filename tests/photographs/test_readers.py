"""Command line, training and evaluation read the same files alike."""

import io
import tarfile

import numpy as np
import pytest
import tifffile
from PIL import Image

from huedot.model.evaluate import photographs as evaluation
from huedot.model.train.photographs import PhotographFolder
from huedot.photographs import read_photograph
from huedot.protocol.errors import FileError

from .test_photographs import matrix_profile

COLORS = np.zeros((256, 256, 3), np.uint8)
COLORS[:128] = (200, 60, 40)
COLORS[128:] = (40, 90, 160)


def turned(path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(COLORS).rotate(90).save(path, exif=exif)


def profiled(path):
    Image.fromarray(COLORS).save(path, icc_profile=matrix_profile(swapped=True))


def deep(path):
    tifffile.imwrite(path, COLORS.astype(np.uint16) * 257, photometric="rgb", planarconfig="contig", metadata=None)


def adobe(path):
    Image.fromarray(COLORS).convert("CMYK").save(path, quality=98)


KINDS = {"turned.png": turned, "profiled.png": profiled, "deep.tif": deep, "adobe.jpg": adobe}


@pytest.mark.parametrize("name", KINDS)
def test_the_same_picture_for_all(tmp_path, name):
    KINDS[name](tmp_path / name)
    photograph = read_photograph(tmp_path / name).rgb
    assert np.array_equal(evaluation.read(tmp_path / name).rgb, photograph)
    assert np.array_equal(np.asarray(PhotographFolder(tmp_path).read(0)), photograph)
    if name in ("turned.png", "deep.tif"):
        assert np.array_equal(photograph, COLORS)


def test_from_a_tar(tmp_path):
    data = io.BytesIO()
    Image.fromarray(COLORS).save(data, "PNG")
    with tarfile.open(tmp_path / "some.tar", "w") as tar:
        for name in ("a.png", "b.png"):
            entry = tarfile.TarInfo(name)
            entry.size = len(data.getvalue())
            tar.addfile(entry, io.BytesIO(data.getvalue()))
    folder = PhotographFolder(tmp_path)
    assert np.array_equal(np.asarray(folder.read(1)), COLORS)


@pytest.mark.parametrize("bad", ["chunk.png", "half.jpg", "text.png"])
def test_what_cannot_be_read_is_refused_alike(tmp_path, bad):
    data = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(data, "JPEG" if bad == "half.jpg" else "PNG")
    whole = data.getvalue()
    broken = whole.replace(b"IDAT", b"ID\0T", 1)
    (tmp_path / bad).write_bytes({"chunk.png": broken, "half.jpg": whole[: len(whole) // 2], "text.png": b"text"}[bad])
    for read in (read_photograph, evaluation.read, lambda path: PhotographFolder(path.parent).read(0)):
        with pytest.raises(FileError, match=bad):
            read(tmp_path / bad)


def test_linear_gray_of_eight_bits_keeps_its_shadows(tmp_path):
    """Little CMS, left to itself, is ten levels off there."""
    import imagecodecs

    light = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(light).save(tmp_path / "a.png", icc_profile=imagecodecs.cms_profile("gray", gamma=1.0))
    share = light / 255
    truth = np.where(share > 0.0031308, 1.055 * share ** (1 / 2.4) - 0.055, 12.92 * share) * 255
    assert np.abs(read_photograph(tmp_path / "a.png").rgb[..., 0] - truth).max() <= 1
