"""AVIF, HEIC, JPEG XL and JPEG 2000: every depth, their colors by profile and by number, and which side is up."""

import base64
import io
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from huedot.photographs import jxl, plain, read_photograph, reading
from huedot.protocol.errors import FileError, TooLarge

pillow_heif = pytest.importorskip("pillow_heif")
pytest.importorskip("pillow_jxl")

HEIGHT, WIDTH = 48, 64
RAMP = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
COLOR = np.stack([RAMP, np.full_like(RAMP, 0.4), 1 - RAMP], -1)
P3 = ((0.3127, 0.3290, 1.0), (0.68, 0.32, 1.0, 0.265, 0.69, 1.0, 0.15, 0.06, 1.0))
ON_ITS_SIDE = base64.b64decode(
    "/woFggViAggEAQCAAEsYixUA1IwXY2TGu0AIAImENBD+GYP94mD4YQOsD/47"
)  # a JPEG XL, 6 in EXIF's terms


def stored(values, bits):
    return np.round(values * (2**bits - 1)).astype(np.uint8 if bits <= 8 else np.uint16)


def shown(light):
    """What sRGB shows a share of light as."""
    return np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)


def heic(samples, bits):
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[samples.shape[2] if samples.ndim == 3 else 1]
    if bits > 8:
        mode, samples = mode + ";16", samples << (16 - bits)
    file = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", bits == 12)
        picture = pillow_heif.from_bytes(mode=mode, size=(WIDTH, HEIGHT), data=samples.tobytes())
        picture.save(file, quality=-1, chroma=444)
    return file.getvalue()


ENCODERS = {
    "avif": lambda samples, bits: imagecodecs.avif_encode(samples, level=100, bitspersample=bits),
    "jp2": lambda samples, bits: imagecodecs.jpeg2k_encode(samples, level=0, bitspersample=bits),
    "j2k": lambda samples, bits: imagecodecs.jpeg2k_encode(samples, level=0, bitspersample=bits, codecformat="j2k"),
    "jxl": lambda samples, bits: imagecodecs.jpegxl_encode(samples, lossless=True, bitspersample=bits),
    "heic": heic,
}
DEPTHS = [
    *(("avif", bits) for bits in (8, 10, 12)),
    *((ending, bits) for ending in ("jp2", "j2k", "jxl") for bits in (8, 10, 12, 16)),
    *(("heic", bits) for bits in (8, 10, 12)),
]


@pytest.mark.parametrize(("ending", "bits"), DEPTHS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_depth(tmp_path, ending, bits, channels):
    values = {1: RAMP, 3: COLOR, 4: np.dstack([COLOR, np.full_like(RAMP, 0.5)])}[channels]
    (tmp_path / f"a.{ending}").write_bytes(bytes(ENCODERS[ending](stored(values, bits), bits)))
    photo = read_photograph(tmp_path / f"a.{ending}")
    assert photo.is_deep == (bits > 8)
    most = 65535 if photo.is_deep else 255
    off = (3.5 if ending == "heic" else 0.5) / (2**bits - 1) + 1 / 65535
    truth = np.repeat(RAMP[..., None], 3, 2) if channels == 1 else COLOR
    # For its writer these are light, and it says so.
    if ending == "jxl" and photo.is_deep:
        truth, off = shown(stored(truth, bits) / (2**bits - 1)), 1e-3
    assert np.abs(photo.full / most - truth).max() <= off
    assert len(np.unique(photo.full[..., 0])) > (256 if photo.is_deep else 150)
    assert (photo.alpha is not None) == (channels == 4)
    if photo.alpha is not None:
        assert np.abs(photo.alpha / most - 0.5).max() <= 0.01


@pytest.mark.parametrize("distance", [0.0, 0.1])
def test_jpeg_xl_of_floats(tmp_path, distance):
    data = imagecodecs.jpegxl_encode(COLOR.astype(np.float32), lossless=not distance, distance=distance)
    (tmp_path / "a.jxl").write_bytes(data)
    photo = read_photograph(tmp_path / "a.jxl")
    assert photo.is_deep
    assert np.abs(photo.rgb - shown(COLOR) * 255).max() <= (6 if distance else 1)


def test_a_jpeg_xl_is_turned_once(tmp_path):
    """Its own orientation counts, and EXIF's, which only repeats it, does not."""
    (tmp_path / "a.jxl").write_bytes(ON_ITS_SIDE)
    rgb = read_photograph(tmp_path / "a.jxl").rgb
    assert rgb.shape == (16, 24, 3)
    assert np.argwhere(rgb[..., 0] > 0).min(0).tolist() == [0, 20]
    box = struct.pack(">I4s", 8 + 4 + 26, b"Exif") + bytes(4) + exif(6)
    whole = (
        struct.pack(">I4s", 12, b"JXL ") + b"\r\n\x87\n" + struct.pack(">I4s4sI4s", 20, b"ftyp", b"jxl ", 0, b"jxl ")
    )
    whole += box + struct.pack(">I4s", 8 + len(ON_ITS_SIDE), b"jxlc") + ON_ITS_SIDE
    (tmp_path / "b.jxl").write_bytes(whole)
    assert np.array_equal(read_photograph(tmp_path / "b.jxl").rgb, rgb)


def exif(orientation):
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["avif", "heic"])
def test_the_right_side_up(tmp_path, ending, orientation):
    """The writers make EXIF's orientation one of the container, which is applied."""
    plain.formats()
    rgb = stored(COLOR, 8)
    options = {"chroma": 444, "quality": -1} if ending == "heic" else {"subsampling": "4:4:4", "quality": 100}
    Image.fromarray(rgb).save(tmp_path / f"a.{ending}", exif=exif(orientation), **options)
    found = read_photograph(tmp_path / f"a.{ending}").rgb.astype(int)
    assert np.abs(found - reading._turned(rgb, orientation)).max() <= 8


def numbered(ending, primaries, transfer):
    """A picture of P3's red, or of whatever red the numbers mean."""
    samples = np.zeros((HEIGHT, WIDTH, 3), np.uint8) + np.uint8((200, 40, 40))
    file = io.BytesIO()
    if ending == "avif":
        Image.fromarray(samples).save(file, "AVIF", quality=100, subsampling="4:4:4")
        at = file.getvalue().index(b"colrnclx") + 8
        return file.getvalue()[:at] + struct.pack(">HH", primaries, transfer) + file.getvalue()[at + 4 :]
    picture = pillow_heif.from_bytes(mode="RGB", size=(WIDTH, HEIGHT), data=samples.tobytes())
    said = {"color_primaries": primaries, "transfer_characteristics": transfer}
    picture.save(file, quality=-1, chroma=444, full_range_flag=1, matrix_coefficients=6, **said)
    return file.getvalue()


@pytest.mark.parametrize("ending", ["avif", "heic"])
def test_colors_by_number(tmp_path, ending):
    light = np.array([(((each / 255) + 0.055) / 1.055) ** 2.4 for each in (200, 40, 40)])
    # From P3.
    to_srgb = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])
    truth = shown((to_srgb @ light).clip(0, 1)) * 255
    for numbers, expected in (((1, 13), (200, 40, 40)), ((2, 2), (200, 40, 40)), ((12, 13), truth)):
        (tmp_path / f"a.{ending}").write_bytes(numbered(ending, *numbers))
        rgb = read_photograph(tmp_path / f"a.{ending}").rgb.astype(int)
        assert np.abs(rgb - expected).max() <= 3
    for transfer, name in ((16, "PQ"), (18, "HLG")):
        (tmp_path / f"a.{ending}").write_bytes(numbered(ending, 9, transfer))
        with pytest.raises(FileError, match=rf"high dynamic range \({name}\)"):
            read_photograph(tmp_path / f"a.{ending}")


@pytest.mark.parametrize("ending", ["avif", "heic"])
@pytest.mark.parametrize("bits", [8, 10])
def test_a_profile(tmp_path, ending, bits):
    if bits == 10 and ending == "avif":
        pytest.skip("no library here writes AVIF of 10 bits with a profile")
    linear = imagecodecs.cms_profile("rgb", whitepoint=P3[0], primaries=P3[1], gamma=1.0)
    file, samples = io.BytesIO(), stored(COLOR * 0 + 0.5, 8)
    if ending == "avif":
        Image.fromarray(samples).save(file, "AVIF", quality=100, icc_profile=linear)
    else:
        mode, data = ("RGB;16", samples.astype(np.uint16) << 8) if bits == 10 else ("RGB", samples)
        picture = pillow_heif.from_bytes(mode=mode, size=(WIDTH, HEIGHT), data=data.tobytes())
        picture.info["icc_profile"], picture.info["icc_profile_type"] = linear, "prof"
        picture.save(file, quality=-1, chroma=444)
    (tmp_path / f"a.{ending}").write_bytes(file.getvalue())
    photo = read_photograph(tmp_path / f"a.{ending}")
    assert photo.is_deep == (bits == 10)
    assert np.abs(photo.rgb.astype(int) - 188).max() <= 2


@pytest.mark.parametrize("bits", [8, 16])
def test_the_profile_of_a_jpeg_2000(tmp_path, bits):
    """As archives write it: method 2, of the box that says the colors."""
    linear = imagecodecs.cms_profile("gray", gamma=1.0)
    data = bytes(imagecodecs.jpeg2k_encode(stored(RAMP, bits), level=0))
    color = data.index(b"colr") - 4
    box = struct.pack(">I4s", 11 + len(linear), b"colr") + b"\2\0\0" + linear
    (old,) = struct.unpack_from(">I", data, color)
    head = data.index(b"jp2h") - 4
    (size,) = struct.unpack_from(">I", data, head)
    data = data[:head] + struct.pack(">I", size + len(box) - old) + data[head + 4 : color] + box + data[color + old :]
    (tmp_path / "a.jp2").write_bytes(data)
    truth = shown(stored(RAMP, bits) / (2**bits - 1)) * 255
    assert np.abs(read_photograph(tmp_path / "a.jp2").rgb[..., 0] - truth).max() <= 1


@pytest.mark.parametrize(
    ("height", "width"), [(8, 8), (48, 64), (24, 16), (33, 70), (64, 64), (300, 400), (5000, 9), (9, 9000)]
)
@pytest.mark.parametrize("bits", [8, 10, 16])
def test_the_header_of_a_jpeg_xl(height, width, bits):
    samples = np.zeros((height, width), np.uint8 if bits == 8 else np.uint16)
    data = bytes(imagecodecs.jpegxl_encode(samples, lossless=True, bitspersample=bits))
    assert jxl.header(data)[:3] == (width, height, bits)


def test_a_jpeg_xl_that_is_too_large_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    # 60,000 square.
    header = b"\xff\x0a" + (3 << 1 | 59_999 << 3 | 1 << 33 | 1 << 36).to_bytes(8, "little")
    (tmp_path / "a.jxl").write_bytes(header)
    with pytest.raises(TooLarge, match="60000 x 60000"):
        read_photograph(tmp_path / "a.jxl")


@pytest.mark.parametrize("ending", ["avif", "heic", "jxl", "jp2"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_half_a_file_is_damaged(tmp_path, ending, share):
    noise = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    data = bytes(ENCODERS[ending](noise, 8))
    (tmp_path / f"a.{ending}").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(FileError, match="damaged or cut short") as refused:
        read_photograph(tmp_path / f"a.{ending}")
    assert "\n" not in refused.value.message


def absent(*_):
    raise ImportError("there are systems for which imagecodecs is built without some codecs")


@pytest.mark.parametrize(("ending", "codec"), [("avif", "avif_decode"), ("jxl", "jpegxl_decode")])
@pytest.mark.parametrize("bits", [8, 10])
def test_where_a_codec_is_missing_8_bits_are_read_and_the_others_named(tmp_path, monkeypatch, ending, codec, bits):
    (tmp_path / f"a.{ending}").write_bytes(bytes(ENCODERS[ending](stored(RAMP[..., None] * (1, 1, 1), bits), bits)))
    whole = read_photograph(tmp_path / f"a.{ending}")
    monkeypatch.setattr(imagecodecs, codec, absent)
    photo = read_photograph(tmp_path / f"a.{ending}")
    assert not photo.is_deep
    assert photo.dropped == (() if bits == 8 else ("2 of 10 bits",))
    # What says that it is linear loses in its shadows what 8 bits do not hold.
    assert np.abs(photo.rgb.astype(int) - whole.rgb).max() <= (13 if ending == "jxl" and bits > 8 else 1)


def test_where_its_codec_is_missing_a_deep_jpeg_2000_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.jp2").write_bytes(bytes(ENCODERS["jp2"](stored(COLOR, 10), 10)))
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", absent)
    with pytest.raises(FileError, match="a JPEG 2000 of 10 bits; reading it takes imagecodecs"):
        read_photograph(tmp_path / "a.jp2")
