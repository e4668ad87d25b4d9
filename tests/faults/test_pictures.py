"""Huge, odd and hostile pictures at the command line: done within a stated bound of memory, or refused."""

import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from huedot.protocol.client import Client
from huedot.protocol.messages import Hints

from .conftest import DOT, MiB, Peak
from .processes import huedot

# Bytes: the most that the largest picture may take.
BOUND = 2 << 30
# What a daemon and its computing process may take for it, together.
DAEMON = 2 << 30
# What any that is refused may take.
REFUSAL = 256 * MiB
# Pixels on a side of a square.
LARGEST = 8192


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *chunks):
    """Return the bytes of a gray PNG with the chunks that are given, and no others but the header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def zeros(size):
    """Return so many zeros, compressed a thousandfold."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(MiB)) for _ in range(size // MiB)) + packer.flush()


def tiff(width, height):
    """Return a TIFF that claims a size, in one strip of nothing."""
    values = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: width * height % 2**32}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(values.items()))
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(values)) + entries + bytes(4)


def looping_tiff():
    data = tiff(64, 64)
    return data[:-4] + struct.pack("<I", 8)


GIGABYTE = zeros(1 << 30)
BOMBS = {
    "claims 60,000 x 60,000": ("a.png", png(60_000, 60_000, chunk(b"IDAT", zeros(MiB)))),
    "claims 2^31 x 2^31": ("b.png", png(2**31 - 1, 2**31 - 1, chunk(b"IDAT", zeros(MiB)))),
    "claims 8,000 x 8,000, and stops": ("c.png", png(8_000, 8_000, chunk(b"IDAT", zeros(MiB)[:200]))),
    "64 x 64 that unpacks to a gigabyte": ("d.png", png(64, 64, chunk(b"IDAT", GIGABYTE))),
    "a profile of a gigabyte": ("e.png", png(64, 64, chunk(b"iCCP", b"p\0\0" + GIGABYTE))),
    "a text of a gigabyte": ("f.png", png(64, 64, chunk(b"zTXt", b"t\0\0" + GIGABYTE))),
    "a TIFF of 4 billion squared": ("g.tif", tiff(2**32 - 1, 2**32 - 1)),
    "a TIFF without its pixels": ("h.tif", tiff(8_000, 8_000)),
    "a TIFF that goes in circles": ("i.tif", looping_tiff()),
    "a GIF of 65,535 squared": ("j.gif", b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0;"),
    "a PPM of 100,000 squared": ("k.ppm", b"P5 100000 100000 255\n"),
    "a BMP of 2^30 squared": (
        "l.bmp",
        b"BM" + struct.pack("<IIIIiiHHIIIIII", 0, 0, 54, 40, 2**30, 2**30, 1, 24, *[0] * 6),
    ),
    "a PSD of 300,000 squared": (
        "m.psd",
        b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 1, 300_000, 300_000, 8, 1) + bytes(14),
    ),
}


@pytest.fixture
def color(tmp_path, tiny_weights):
    """Color a picture in a process of its own; returns how it ended."""

    def run(photo, *words):
        out = tmp_path / f"{photo.name}-out.png"
        return huedot("colorize", photo, "--no-daemon", "--model", tiny_weights, "-o", out, *words), out

    return run


def two_at_a_time(run, each):
    """Return what comes of each: most of a command's time goes into starting, on one core."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, each))


def test_twenty_thousand_squared(color, tmp_path, figure):
    """More pixels than can be colored: the limit is named before a pixel is decoded."""
    Image.new("L", (20_000, 20_000), 128).save(tmp_path / "huge.png")
    ended, out = color(tmp_path / "huge.png")
    assert ended.code == 2
    assert ended.said.count("\n") == 1
    assert "67 million" in ended.said
    assert not out.exists()
    assert ended.peak < REFUSAL
    figure("20,000 x 20,000 pixels", f"limit named after {ended.seconds:.1f} s, peak {ended.peak / MiB:.0f} MiB")


def test_the_largest_picture(color, tmp_path, figure):
    """As many pixels as can be colored, with hints: done, below 2 GiB."""
    rows, columns = np.ogrid[:LARGEST, :LARGEST]
    gray = Image.fromarray(((rows + columns) // 64 % 256).astype(np.uint8))
    Image.merge("RGBA", [gray] * 4).save(tmp_path / "largest.png", compress_level=1)
    (tmp_path / "hints.json").write_text('[{"x": 4000, "y": 4000, "color": "#b03020", "radius": 40}]')
    ended, out = color(tmp_path / "largest.png", "--hints", tmp_path / "hints.json")
    assert ended.code == 0, ended.said
    with Image.open(out) as picture:
        assert picture.size == (LARGEST, LARGEST)
    assert ended.peak < BOUND
    figure(
        f"{LARGEST:,} x {LARGEST:,} pixels, the most",
        f"colored in {ended.seconds:.0f} s, peak {ended.peak / MiB:.0f} MiB",
    )


def test_the_largest_picture_in_a_daemon(daemon, figure):
    """Painted all over by hand as well, which no artist does: within a stated bound, and what follows is quick."""
    peak, began = Peak(daemon), time.monotonic()
    with Client("tests", "1", launch=False) as client:
        image = client.open_image(bytes(LARGEST * LARGEST), LARGEST, LARGEST, 1)
        dots = client.colorize(image, Hints(dots=[DOT]))
        usual, seconds = peak.grown(), time.monotonic() - began
        assert dots.area == (0, 0, LARGEST, LARGEST)
        del dots
        layer = np.full((LARGEST, LARGEST // 4, 4), 200, np.uint8)
        client.colorize(image, Hints([(0, 0, LARGEST // 4, LARGEST)], layer.tobytes()))
        most = peak.grown()
        client.close_image(image)
    assert usual < DAEMON / MiB
    assert most < 2 * DAEMON / MiB
    figure(
        f"{LARGEST:,} x {LARGEST:,} pixels in a daemon",
        f"opened and colored in {seconds:.0f} s, {usual:+.0f} MiB; a quarter of it painted: {most:+.0f} MiB",
    )


def test_decompression_bombs(color, tmp_path, figure):
    """Small files that unpack to gigabytes, or claim to: refused in one line, within 256 MiB, or harmless."""
    fates, most, slowest = {}, 0, 0.0
    for file, data in BOMBS.values():
        (tmp_path / file).write_bytes(data)
    outcomes = two_at_a_time(lambda bomb: color(tmp_path / bomb[0]), BOMBS.values())
    for (name, (file, _)), (ended, out) in zip(BOMBS.items(), outcomes, strict=True):
        print(name, ended)
        assert ended.code in (0, 2), (name, ended.said)
        assert "Traceback" not in ended.said, name
        assert out.exists() == (ended.code == 0), name
        if ended.code:
            assert ended.said.count("\n") == 1, name
            assert file in ended.said, name
            most, slowest = max(most, ended.peak), max(slowest, ended.seconds)
        assert ended.peak < 4 * REFUSAL, name
        fates[name] = ended.code
    assert most < REFUSAL, fates
    refused = sum(map(bool, fates.values()))
    figure(
        f"{len(BOMBS)} decompression bombs",
        f"{refused} refused within {slowest:.1f} s, {most / MiB:.0f} MiB; others harmless",
    )


def test_bombs_in_other_places(color, tmp_path, picture, figure):
    """Hints and references are read as carefully as photographs."""
    Image.fromarray(picture).save(tmp_path / "photo.png")
    Image.new("LA", (20_000, 20_000)).save(tmp_path / "huge.png")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "long.json").write_text("[" + "1," * 3_000_000 + "1]")
    most = 0
    for option, file in (
        ("--hints", "huge.png"),
        ("--histogram", "huge.png"),
        ("--hints", "deep.json"),
        ("--hints", "long.json"),
    ):
        ended, out = color(tmp_path / "photo.png", option, tmp_path / file)
        assert ended.code == 2, (file, ended)
        assert ended.said.count("\n") == 1, (file, ended)
        assert file in ended.said
        assert not out.exists()
        most = max(most, ended.peak)
    assert most < REFUSAL
    figure("bombs as hints and as reference", f"one line each, peak {most / MiB:.0f} MiB")


def test_odd_sizes(color, tmp_path, figure):
    """From 8 x 8 up every shape is colored at its own size; below, the limit is named."""
    done, most = [], 0
    sizes = ((8, 8), (8, 20_000), (20_000, 8), (9, 4_001), (33, 8))
    for width, height in sizes:
        rows, columns = np.ogrid[:height, :width]
        Image.fromarray(((rows * 7 + columns * 3) % 256).astype(np.uint8)).save(tmp_path / f"{width}x{height}.png")
    outcomes = two_at_a_time(lambda size: color(tmp_path / f"{size[0]}x{size[1]}.png"), sizes)
    for (width, height), (ended, out) in zip(sizes, outcomes, strict=True):
        assert ended.code == 0, ended.said
        with Image.open(out) as colored:
            assert colored.size == (width, height)
        out.unlink()
        done.append(ended.seconds)
        most = max(most, ended.peak)
    sizes = ((1, 1), (1, 100_000), (100_000, 1), (7, 8), (8, 7))
    for width, height in sizes:
        Image.new("L", (width, height), 90).save(tmp_path / f"{width}x{height}.png")
    outcomes = two_at_a_time(lambda size: color(tmp_path / f"{size[0]}x{size[1]}.png"), sizes)
    for (width, height), (ended, out) in zip(sizes, outcomes, strict=True):
        assert ended.code == 2
        assert f"{width} x {height}" in ended.said
        assert "8 x 8" in ended.said
        assert not out.exists()
    figure(
        "8 x 8, 8 x 20,000, 1 x 100,000 and the like",
        f"done within {max(done):.1f} s, {most / MiB:.0f} MiB, or the limit named",
    )
