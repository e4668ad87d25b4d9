"""PNG of every flavor: depth, transparency, profile, gamma and primaries."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from huedot.photographs import read_photograph
from huedot.protocol.errors import FileError

HEIGHT, WIDTH = 24, 32
RAMP = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
SRGB_XY = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
SWAPPED_XY = (*SRGB_XY[:2], *SRGB_XY[4:6], *SRGB_XY[2:4], *SRGB_XY[6:])


def stored(values, bits):
    return np.round(values * (2**bits - 1)).astype(f"u{bits // 8}")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def gamma(value):
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def primaries(xy):
    return chunk(b"cHRM", struct.pack(">8I", *(round(each * 100_000) for each in xy)))


def png(path, samples, *chunks):
    """Write a PNG with chunks behind its header."""
    data = bytes(imagecodecs.png_encode(np.ascontiguousarray(samples)))
    path.write_bytes(data[:33] + b"".join(chunks) + data[33:])
    return path


def shown(light):
    """What sRGB shows a share of light as, in levels of 8 bits."""
    return np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light) * 255


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_depths_and_channels(tmp_path, bits, channels):
    samples = np.repeat(RAMP[..., None], channels, 2)
    if channels in (2, 4):
        samples[..., -1] = 0.25
    samples = stored(samples, bits)
    photo = read_photograph(png(tmp_path / "a.png", samples[..., 0] if channels == 1 else samples))
    assert photo.is_deep == (bits == 16)
    assert np.array_equal(photo.full[..., 0], samples[..., 0])
    assert np.abs(photo.rgb - RAMP[..., None] * 255).max() <= 1
    assert (photo.alpha is None) == (channels in (1, 3))
    if photo.alpha is not None:
        assert np.all(photo.alpha8 == 64)


@pytest.mark.parametrize("color", [False, True])
def test_a_transparent_color_of_sixteen_bits(tmp_path, color):
    samples = stored(np.repeat(RAMP[..., None], 3, 2) if color else RAMP, 16)
    key = chunk(b"tRNS", struct.pack(">HHH", *samples[5, 5]) if color else struct.pack(">H", samples[5, 5]))
    photo = read_photograph(png(tmp_path / "a.png", samples, key))
    assert (photo.alpha == 0).sum() == 1
    assert photo.alpha[5, 5] == 0


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("value", [1.0, 0.45455, 0.55556, 1 / 1.8])
def test_gamma(tmp_path, bits, color, value):
    """Light is what is stored ** (1 / gamma); what says 0.45455 is sRGB."""
    samples = stored(np.repeat(RAMP[..., None], 3, 2) if color else RAMP, bits)
    found = read_photograph(png(tmp_path / "a.png", samples, gamma(value))).rgb[..., 0]
    share = (samples[..., 0] if color else samples) / (2**bits - 1)
    truth = share * 255 if value == 0.45455 else shown(share ** (1 / value))
    assert np.abs(found - truth).max() <= 1.01


@pytest.mark.parametrize("bits", [8, 16])
def test_primaries(tmp_path, bits):
    samples = stored(np.stack([RAMP, RAMP * 0, RAMP * 0], -1), bits)
    rgb = read_photograph(png(tmp_path / "a.png", samples, gamma(0.45455), primaries(SWAPPED_XY))).rgb.astype(int)
    assert np.abs(rgb[-1, -1] - (0, 255, 0)).max() <= 8


@pytest.mark.parametrize("others", [chunk(b"sRGB", b"\0"), "iCCP"])
def test_what_says_more_goes_first(tmp_path, others):
    """An sRGB chunk, or a profile, overrules gamma and primaries, which are there for programs that know no better."""
    if others == "iCCP":
        others = chunk(b"iCCP", b"p\0\0" + zlib.compress(imagecodecs.cms_profile("srgb")))
    samples = stored(np.repeat(RAMP[..., None], 3, 2), 16)
    photo = read_photograph(png(tmp_path / "a.png", samples, others, gamma(1.0), primaries(SWAPPED_XY)))
    assert np.array_equal(photo.full, samples)


@pytest.mark.parametrize("chunks", [(gamma(0.0),), (gamma(20_000.0),), (gamma(1.0), primaries((0,) * 8))])
def test_gamma_and_primaries_that_make_no_sense_do_no_harm(tmp_path, chunks):
    samples = stored(np.repeat(RAMP[..., None], 3, 2), 8)
    assert np.array_equal(read_photograph(png(tmp_path / "a.png", samples, *chunks)).full, samples)


def filtered(samples, bits, color, kinds):
    """A PNG whose rows are filtered in turn by these kinds, 0 to 4, byte by byte as the standard has it."""
    planes = (samples.reshape(len(samples), -1, 1) >> np.arange(bits - 1, -1, -1)) & 1
    rows = np.packbits(planes.reshape(len(samples), -1).astype(np.uint8), axis=1).astype(int)
    step = max(1, samples.shape[2] * bits // 8)
    data, above = b"", np.zeros(rows.shape[1], int)
    for number, row in enumerate(rows):
        kind = kinds[number % len(kinds)]
        left, corner = (np.concatenate([np.zeros(step, int), each[:-step]]) for each in (row, above))
        guesses = (0 * row, left, above, (left + above) // 2, paeth(left, above, corner))
        data += bytes([kind]) + ((row - guesses[kind]) % 256).astype(np.uint8).tobytes()
        above = row
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def paeth(left, above, corner):
    """The nearest of the three to left + above - corner."""
    off = np.stack([np.abs(above - corner), np.abs(left - corner), np.abs(left + above - 2 * corner)])
    return np.stack([left, above, corner])[off.argmin(0), np.arange(len(left))]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_random_flavors_of_the_standard(tmp_path, data):
    """Any depth, kind of color, filter and interlacing, and what the chunks say the colors are."""
    pick = lambda *choices: data.draw(st.sampled_from(choices))  # noqa: E731
    color = pick(0, 2, 3, 4, 6)
    bits = pick(*{0: (1, 2, 4, 8, 16), 3: (1, 2, 4, 8)}.get(color, (8, 16)))
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    samples = np.round(np.repeat(RAMP[..., None], channels, 2) * (2**bits - 1)).astype(np.int64)
    light = samples[..., 0] / (2**bits - 1)
    meant, curve, share = pick(*MEANT), pick(1.0, 0.55556), light * 255
    if channels in (2, 4):
        samples[..., -1] = (2**bits - 1) * 2 // 5
    file = (
        adam7(samples, bits, color) if pick(False, True) else filtered(samples, bits, color, pick((0,), (4, 3, 2, 1)))
    )
    chunks = MEANT[meant](curve)
    if color == 3:
        levels = np.round(np.linspace(0, 255, 2**bits)).astype(np.uint8)
        chunks += chunk(b"PLTE", np.repeat(levels[:, None], 3, 1).tobytes())
        light = levels[samples[..., 0]] / 255
        share = light * 255
    keyed = color in (0, 2, 3) and pick(False, True)
    if keyed:
        key = (bytes([7]) if color == 3 else b"") or struct.pack(f">{channels}H", *samples[0, 0])
        chunks += chunk(b"tRNS", key)
    (tmp_path / "a.png").write_bytes(file[:33] + chunks + file[33:])
    photo = read_photograph(tmp_path / "a.png")
    truth = {"gamma": shown(light ** (1 / curve)), "light": shown(light)}.get(meant, share)
    assert np.abs(photo.rgb - truth[..., None]).max() <= 1.01
    assert photo.is_deep == (bits == 16)
    assert (photo.alpha is not None) == (channels in (2, 4) or keyed)
    if channels in (2, 4):
        assert np.abs(photo.alpha8 - 102.0).max() <= 1


# What a file says of its colors, given a gamma; the first of what it says counts.
MEANT = {
    "nothing": lambda curve: b"",
    "gamma": gamma,
    "sRGB": lambda curve: chunk(b"sRGB", b"\0") + gamma(curve),
    "light": lambda curve: coded(1, 8) + gamma(curve),
    "cICP": lambda curve: coded(1, 13) + chunk(b"sRGB", b"\0") + gamma(curve),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_random_flavors(tmp_path, data):
    """Whatever Pillow writes is read within a level."""
    mode = data.draw(st.sampled_from(["1", "L", "P", "LA", "RGB", "RGBA", "I;16"]))
    image = Image.fromarray(stored(RAMP, 16)) if mode == "I;16" else Image.fromarray(stored(RAMP, 8)).convert(mode)
    truth = np.asarray(image.convert("RGB"), int) if mode != "I;16" else np.round(RAMP * 255)[..., None]
    options = {"compress_level": data.draw(st.integers(0, 9)), "optimize": data.draw(st.booleans())}
    if mode in ("L", "P", "RGB") and data.draw(st.booleans()):
        options["transparency"] = (9, 9, 9) if mode == "RGB" else 9
    if mode in ("P", "L", "1") and data.draw(st.booleans()):
        options["bits"] = 8
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    path = tmp_path / "a.png"
    path.write_bytes(buffer.getvalue())
    photo = read_photograph(path)
    assert np.abs(photo.rgb - truth).max() <= 1
    assert (photo.alpha is not None) == (mode in ("LA", "RGBA") or "transparency" in options)


def coded(primaries, transfer, full=1):
    return chunk(b"cICP", bytes([primaries, transfer, 0, full]))


@pytest.mark.parametrize("bits", [8, 16])
def test_colors_by_number(tmp_path, bits):
    """CICP overrules a profile, gamma and primaries; 12 stands for P3, 9 for BT.2020, 8 for light, 13 for sRGB."""
    samples = stored(np.stack([RAMP, RAMP * 0 + 0.4, RAMP * 0 + 0.4], -1), bits)
    same = read_photograph(png(tmp_path / "a.png", samples, coded(1, 13), gamma(1.0), primaries(SWAPPED_XY)))
    assert np.array_equal(same.full, samples)
    light = read_photograph(png(tmp_path / "a.png", samples, coded(1, 8))).rgb
    assert np.abs(light - shown(samples / (2**bits - 1))).max() <= 1.01
    wide = read_photograph(png(tmp_path / "a.png", samples, coded(12, 13))).rgb.astype(int)
    wider = read_photograph(png(tmp_path / "a.png", samples, coded(9, 13))).rgb.astype(int)
    row = HEIGHT * 3 // 4
    assert wider[row, 0, 0] > wide[row, 0, 0] + 3 > same.rgb[row, 0, 0] + 6


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("color", [False, True])
def test_numbers_that_are_not_read_are_refused_by_name(tmp_path, bits, color):
    samples = stored(np.repeat(RAMP[..., None], 3, 2) if color else RAMP, bits)
    for chunks, reason in ((coded(9, 16), r"\(PQ\)"), (coded(9, 18), r"\(HLG\)"), (coded(1, 13, 0), "narrow range")):
        with pytest.raises(FileError, match=reason):
            read_photograph(png(tmp_path / "a.png", samples, chunks))
    with pytest.raises(FileError, match=r"rare kind \(200/13 of H\.273\)"):
        read_photograph(png(tmp_path / "a.png", samples, coded(200, 13)))


def adam7(samples, bits, color):
    """An interlaced PNG, which no library here writes."""
    data = b""
    for x, y, across, down in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        for row in samples[y::down, x::across]:
            planes = (row.reshape(-1, 1) >> np.arange(bits - 1, -1, -1)) & 1
            data += b"\0" + np.packbits(planes.astype(np.uint8)).tobytes()
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, color, 0, 0, 1)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("color", [0, 2, 4, 6])
def test_interlaced(tmp_path, bits, color):
    if color and bits < 8:
        pytest.skip("there is none")
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    samples = np.round(np.repeat(RAMP[..., None], channels, 2) * (2**bits - 1)).astype(np.int64)
    (tmp_path / "a.png").write_bytes(adam7(samples, bits, color))
    photo = read_photograph(tmp_path / "a.png")
    assert np.abs(photo.rgb - samples[..., :1] / (2**bits - 1) * 255).max() <= 1
    assert (photo.alpha is not None) == (color in (4, 6))


def test_a_palette_with_shares_of_transparency(tmp_path):
    image = Image.fromarray(stored(RAMP, 8)).quantize(16)
    image.save(tmp_path / "a.png", transparency=bytes([0, 128, *[255] * 14]))
    photo = read_photograph(tmp_path / "a.png")
    assert np.array_equal(photo.rgb, np.asarray(image.convert("RGB")))
    indices = np.asarray(image)
    assert np.array_equal(photo.alpha, np.array([0, 128, *[255] * 14])[indices])
