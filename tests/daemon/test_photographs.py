"""Photographs of every kind, made here, read and written."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from huedot.daemon.photographs import check_writable, read_photograph, write_picture
from huedot.protocol.errors import FileError, TooLarge

RED = (200, 40, 30)


def flat(mode, color, size=(20, 12)):
    return Image.new(mode, size, color)


def saved(image, path, **options):
    image.save(path, **options)
    return path


@pytest.mark.parametrize(
    ("mode", "color", "ending", "expected"),
    [
        ("RGB", RED, "png", RED),
        ("RGB", RED, "webp", RED),
        ("RGB", RED, "jpg", RED),
        ("L", 90, "png", (90, 90, 90)),
        ("1", 1, "png", (255, 255, 255)),
        ("P", 0, "png", (0, 0, 0)),
        ("I;16", 90 * 257, "png", (90, 90, 90)),
        ("I;16", 90 * 257, "tif", (90, 90, 90)),
        ("F", 0.5, "tif", (128, 128, 128)),
        ("CMYK", (0, 255, 255, 0), "tif", (255, 0, 0)),
        ("CMYK", (0, 255, 255, 0), "jpg", (255, 0, 0)),
        ("RGBA", (*RED, 99), "png", RED),
        ("LA", (90, 99), "png", (90, 90, 90)),
    ],
)
def test_modes(tmp_path, mode, color, ending, expected):
    photo = read_photograph(saved(flat(mode, color), tmp_path / f"photo.{ending}"))
    assert photo.rgb.shape == (12, 20, 3)
    assert photo.rgb.dtype == np.uint8
    assert np.abs(photo.rgb.astype(int) - expected).max() <= 6
    assert (photo.alpha is not None) == (mode in ("RGBA", "LA"))
    if photo.alpha is not None:
        assert np.all(photo.alpha == 99)


def test_sixteen_bits_of_color(tmp_path):
    pixels = np.full((12, 20, 3), 257, np.uint16) * np.array(RED, np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", pixels, photometric="rgb")
    assert np.abs(read_photograph(tmp_path / "deep.tif").rgb.astype(int) - RED).max() <= 1


def test_transparency_of_a_palette(tmp_path):
    image = flat("P", 0)
    image.putpalette([*RED, 0, 0, 255])
    image.putpixel((3, 4), 1)
    photo = read_photograph(saved(image, tmp_path / "p.png", transparency=0))
    assert photo.alpha[4, 3] == 255
    assert photo.alpha[0, 0] == 0
    assert tuple(photo.rgb[4, 3]) == (0, 0, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(tmp_path, orientation):
    upright = np.zeros((10, 16, 3), np.uint8)
    upright[:5, :8] = 255  # white in the upper left
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # transpositions that undo each orientation
    image = Image.fromarray(upright)
    if orientation > 1:
        image = image.transpose(Image.Transpose(back[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "a portrait"
    photo = read_photograph(saved(image, tmp_path / "turned.png", exif=exif))
    assert np.array_equal(photo.rgb, upright)
    write_picture(tmp_path / "out.jpg", photo.rgb, photo)
    with Image.open(tmp_path / "out.jpg") as out:
        assert out.getexif().get(0x0112, 1) == 1
        assert out.getexif()[0x010E] == "a portrait"


def matrix_profile(swapped):
    """A minimal ICC profile: sRGB's primaries (red and green swapped if asked for), gamma 1."""

    def xyz(*values):
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))

    primaries = [(0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7139)]
    if swapped:
        primaries[:2] = primaries[1::-1]
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 256) + bytes(2)
    white, tags = xyz(0.9642, 1.0, 0.8249), []
    blobs = [white, *(xyz(*p) for p in primaries), curve, curve, curve]
    offset, body = 128 + 4 + 12 * len(blobs), b""
    for name, blob in zip([b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"], blobs, strict=True):
        tags.append(name + struct.pack(">II", offset + len(body), len(blob)))
        body += blob
    head = struct.pack(">I", offset + len(body)) + bytes(4) + struct.pack(">I", 0x02400000) + b"mntrRGB XYZ "
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return head + struct.pack(">I", len(blobs)) + b"".join(tags) + body


def test_the_profile_is_honored(tmp_path):
    linear = saved(flat("RGB", (55, 55, 55)), tmp_path / "linear.png", icc_profile=matrix_profile(swapped=False))
    assert np.abs(read_photograph(linear).rgb.astype(int) - 128).max() <= 2  # 55/255 linear is 128 in sRGB
    swapped = saved(flat("RGB", (255, 0, 0)), tmp_path / "swapped.png", icc_profile=matrix_profile(swapped=True))
    assert np.abs(read_photograph(swapped).rgb.astype(int) - (0, 255, 0)).max() <= 12


@pytest.mark.parametrize("profile", [b"not a profile", matrix_profile(swapped=False)[:150]])
def test_a_broken_profile_does_no_harm(tmp_path, profile, caplog):
    path = saved(flat("RGB", RED), tmp_path / "odd.png", icc_profile=profile)
    assert np.all(read_photograph(path).rgb == RED)
    assert "profile" in caplog.text


def test_a_profile_of_another_kind_of_picture_does_no_harm(tmp_path):
    path = saved(flat("L", 90), tmp_path / "gray.png", icc_profile=matrix_profile(swapped=False))
    assert np.abs(read_photograph(path).rgb.astype(int) - 90).max() <= 90  # read, one way or the other


def truncated(path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


BAD = {
    "missing.png": lambda path: None,
    "folder.png": lambda path: path.mkdir(),
    "text.png": lambda path: path.write_text("hello"),
    "empty.jpg": lambda path: path.write_bytes(b""),
    "half.jpg": truncated,
    "half.png": truncated,
    "half.tif": truncated,
    "tiny.png": lambda path: flat("RGB", RED, (7, 30)).save(path),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_by_name(tmp_path, name):
    path = tmp_path / name
    BAD[name](path)
    with pytest.raises(FileError) as refused:
        read_photograph(path)
    assert name in refused.value.message
    assert refused.value.remedy


@pytest.mark.parametrize("side", [9000, 20000])
def test_too_many_pixels_are_refused_before_decoding(tmp_path, side):
    path = tmp_path / "huge.png"
    flat("1", 0, (16, 16)).save(path)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", side, side)  # a header that lies
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    path.write_bytes(bytes(data))
    with pytest.raises(TooLarge, match="million"):
        read_photograph(path)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_written_pictures_say_that_they_are_srgb(tmp_path, ending):
    source = read_photograph(saved(flat("RGBA", (*RED, 99)), tmp_path / "source.png", dpi=(300, 300)))
    path = tmp_path / f"out.{ending}"
    write_picture(path, source.rgb, source)
    again = read_photograph(path)
    assert np.abs(again.rgb.astype(int) - RED).max() <= 3
    assert (again.alpha is None) == (ending == "jpg")
    with Image.open(path) as image:
        assert ImageCms.getProfileName(ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"])))
        if ending in ("png", "jpg", "tif"):
            assert round(float(image.info["dpi"][0])) == 300
    assert [p.name for p in tmp_path.glob(".huedot-*")] == []


def test_equal_pictures_make_equal_files(tmp_path, monkeypatch):
    source = read_photograph(saved(flat("RGB", RED), tmp_path / "source.png"))
    write_picture(tmp_path / "one.png", source.rgb, source)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    dated = profile[:24] + bytes([7]) * 12 + profile[36:]
    monkeypatch.setattr(ImageCms.ImageCmsProfile, "tobytes", lambda self: dated)
    write_picture(tmp_path / "two.png", source.rgb, source)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_what_cannot_be_written_is_said_before_any_work(tmp_path):
    source = saved(flat("RGB", RED), tmp_path / "source.png")
    for path, why in [
        (tmp_path / "out.xyz", "ending"),
        (tmp_path / "nowhere" / "out.png", "no folder"),
        (tmp_path, "ending"),
        (source, "overwrite"),
    ]:
        with pytest.raises(FileError, match=why):
            check_writable(path, source)
