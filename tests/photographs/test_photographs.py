"""Photographs of every kind, made here, read and written."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms

from huedot.photographs import check_writable, read_photograph, write_picture
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
        ("I;16", 90, "png", (0, 0, 0)),
        ("I", 90 * 257, "tif", (90, 90, 90)),
        ("F", 0.5, "tif", (128, 128, 128)),
        ("F", 90.0, "tif", (90, 90, 90)),
        ("F", 90.0 * 257, "tif", (90, 90, 90)),
        ("F", float("nan"), "tif", (0, 0, 0)),
        ("YCbCr", (90, 128, 128), "jpg", (90, 90, 90)),
        ("LAB", (128, 128, 128), "tif", (119, 119, 119)),
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


def test_floats_that_overshoot_stay_bright(tmp_path):
    image = flat("F", 0.5)
    image.putpixel((0, 0), 1.02)
    image.putpixel((1, 0), float("inf"))
    rgb = read_photograph(saved(image, tmp_path / "sharp.tif")).rgb
    assert rgb[0, :3, 0].tolist() == [255, 255, 128]


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


def test_a_palette_of_translucent_colors(tmp_path):
    image = flat("P", 0)
    image.putpalette([*RED, 0, 0, 255])
    photo = read_photograph(saved(image, tmp_path / "p.png", transparency=bytes([99, 255])))
    assert np.all(photo.rgb == RED)
    assert np.all(photo.alpha == 99)


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(tmp_path, orientation, ending):
    upright = np.zeros((10, 16, 3), np.uint8)
    # White in the upper left.
    upright[:5, :8] = 255
    # Transpositions that undo each orientation.
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    image = Image.fromarray(upright)
    if orientation > 1:
        image = image.transpose(Image.Transpose(back[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "a portrait"
    photo = read_photograph(saved(image, tmp_path / f"turned.{ending}", exif=exif))
    assert np.array_equal(photo.rgb, upright)
    write_picture(tmp_path / "out.jpg", photo.rgb, photo)
    with Image.open(tmp_path / "out.jpg") as out:
        assert out.getexif().get(0x0112, 1) == 1
        assert out.getexif()[0x010E] == "a portrait"


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_what_the_camera_said_goes_along(tmp_path, ending, capfd):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera"
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05",
        ExifTags.Base.ColorSpace: 65535,
        ExifTags.IFD.Interop: {1: "R03"},
    }
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N"}
    source = read_photograph(saved(flat("RGB", RED), tmp_path / "source.jpg", exif=exif))
    write_picture(tmp_path / f"out.{ending}", source.rgb, source)
    with Image.open(tmp_path / f"out.{ending}") as out:
        found = out.getexif()
        assert found[ExifTags.Base.Make] == "Camera"
        details = found.get_ifd(ExifTags.IFD.Exif)
        assert details == {ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05", ExifTags.Base.ColorSpace: 1}
        assert found.get_ifd(ExifTags.IFD.GPSInfo) == {ExifTags.GPS.GPSLatitudeRef: "N"}
    assert capfd.readouterr().err == ""


def test_the_layout_of_a_tiff_does_not_go_along(tmp_path):
    pixels = np.full((64, 48, 3), RED, np.uint8)
    options = {"photometric": "rgb", "tile": (16, 16), "description": "a portrait", "metadata": None}
    tifffile.imwrite(tmp_path / "source.tif", pixels, **options)
    source = read_photograph(tmp_path / "source.tif")
    for ending in ("jpg", "tif"):
        write_picture(tmp_path / f"out.{ending}", source.rgb, source)
        with Image.open(tmp_path / f"out.{ending}") as out:
            assert out.getexif()[ExifTags.Base.ImageDescription] == "a portrait"
            assert ExifTags.Base.TileOffsets not in out.getexif()
    assert np.array_equal(read_photograph(tmp_path / "out.tif").rgb, pixels)


BROKEN_EXIF = {
    "garbage": b"Exif\0\0garbage garbage",
    "short": b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01",
    # For an orientation.
    "words": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0",
}


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
@pytest.mark.parametrize("exif", BROKEN_EXIF.values(), ids=BROKEN_EXIF)
def test_broken_exif_does_no_harm(tmp_path, exif, ending):
    photo = read_photograph(saved(flat("RGB", RED), tmp_path / f"odd.{ending}", exif=exif))
    assert np.abs(photo.rgb.astype(int) - RED).max() <= 3
    write_picture(tmp_path / "out.jpg", photo.rgb, photo)
    with Image.open(tmp_path / "out.jpg") as out:
        assert len(out.getexif()) == 0


def test_exif_too_long_for_the_format_is_left_behind(tmp_path, caplog):
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "x" * 70_000
    source = read_photograph(saved(flat("RGB", RED), tmp_path / "source.png", exif=exif))
    write_picture(tmp_path / "out.jpg", source.rgb, source)
    assert "too long" in caplog.text
    write_picture(tmp_path / "out.png", source.rgb, source)
    with Image.open(tmp_path / "out.png") as out:
        assert len(out.getexif()[ExifTags.Base.ImageDescription]) == 70_000


@pytest.mark.parametrize("resolution", [(0, 0), (4_000_000_000, 1)])
def test_an_impossible_resolution_is_left_behind(tmp_path, resolution):
    path = tmp_path / "source.tif"
    tifffile.imwrite(path, np.full((12, 20, 3), RED, np.uint8), photometric="rgb", resolution=((77777, 3),) * 2)
    path.write_bytes(path.read_bytes().replace(struct.pack("<II", 77777, 3), struct.pack("<II", *resolution)))
    source = read_photograph(path)
    assert source.dpi is None
    for ending in ("jpg", "png", "tif"):
        write_picture(tmp_path / f"out.{ending}", source.rgb, source)


def icc(kind, space, pcs, tags):
    """A minimal ICC profile, version 2.4."""
    offset, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, blob in tags:
        table += name + struct.pack(">II", offset + len(body), len(blob))
        body += blob
    head = struct.pack(">I", offset + len(body)) + bytes(4) + struct.pack(">I", 0x02400000) + kind + space + pcs
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + body


def xyz(*values):
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


WHITE = (b"wtpt", xyz(0.9642, 1.0, 0.8249))
# Gamma 1.
LINEAR = b"curv" + bytes(4) + struct.pack(">IH", 1, 256) + bytes(2)


def matrix_profile(swapped):
    """sRGB's primaries (red and green swapped if asked for), gamma 1."""
    primaries = [(0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7139)]
    if swapped:
        primaries[:2] = primaries[1::-1]
    columns = [(name, xyz(*primary)) for name, primary in zip([b"rXYZ", b"gXYZ", b"bXYZ"], primaries, strict=True)]
    return icc(b"mntr", b"RGB ", b"XYZ ", [WHITE, *columns, *((name, LINEAR) for name in (b"rTRC", b"gTRC", b"bTRC"))])


def gray_profile():
    return icc(b"mntr", b"GRAY", b"XYZ ", [WHITE, (b"kTRC", LINEAR)])


def ink_profile():
    """Inks of which the first prints sRGB's red, whatever its name, the last black, and the others nothing."""
    identity = struct.pack(">9i", *(np.eye(3, dtype=int).ravel() * 65536))
    ramp, black = bytes(range(256)), bytes([0, 128, 128])
    # Lab, D50.
    paper, red = bytes([255, 128, 128]), bytes([138, 209, 198])
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4
    table += (paper + black) * 4 + (red + black) * 4 + ramp * 3
    return icc(b"prtr", b"CMYK", b"Lab ", [WHITE, (b"A2B0", table)])


def test_the_profile_is_honored(tmp_path):
    linear = saved(flat("RGB", (55, 55, 55)), tmp_path / "linear.png", icc_profile=matrix_profile(swapped=False))
    # 55/255 linear is 128 in sRGB.
    assert np.abs(read_photograph(linear).rgb.astype(int) - 128).max() <= 2
    swapped = saved(flat("RGB", (255, 0, 0)), tmp_path / "swapped.png", icc_profile=matrix_profile(swapped=True))
    assert np.abs(read_photograph(swapped).rgb.astype(int) - (0, 255, 0)).max() <= 12


@pytest.mark.parametrize(("mode", "color", "ending"), [("L", 55, "png"), ("LA", (55, 99), "png"), ("L", 55, "jpg")])
def test_the_profile_of_a_gray_picture_is_honored(tmp_path, mode, color, ending):
    path = saved(flat(mode, color), tmp_path / f"linear.{ending}", icc_profile=gray_profile())
    assert np.abs(read_photograph(path).rgb.astype(int) - 128).max() <= 2


def test_the_profile_of_sixteen_bits_is_honored(tmp_path):
    path = saved(flat("I;16", 55 * 257), tmp_path / "linear.png", icc_profile=gray_profile())
    assert np.abs(read_photograph(path).rgb.astype(int) - 128).max() <= 2


@pytest.mark.parametrize("ending", ["tif", "jpg"])
def test_the_profile_of_inks_is_honored(tmp_path, ending):
    path = saved(flat("CMYK", (255, 0, 0, 0)), tmp_path / f"ink.{ending}", icc_profile=ink_profile())
    # Cyan, to one who ignores it.
    assert np.abs(read_photograph(path).rgb.astype(int) - (255, 0, 0)).max() <= 8


@pytest.mark.parametrize("profile", [b"not a profile", matrix_profile(swapped=False)[:150]])
def test_a_broken_profile_does_no_harm(tmp_path, profile, caplog):
    path = saved(flat("RGB", RED), tmp_path / "odd.png", icc_profile=profile)
    assert np.all(read_photograph(path).rgb == RED)
    assert "profile" in caplog.text


def test_a_profile_of_another_kind_of_picture_does_no_harm(tmp_path, caplog):
    path = saved(flat("L", 90), tmp_path / "gray.png", icc_profile=matrix_profile(swapped=False))
    assert np.all(read_photograph(path).rgb == 90)
    assert "profile" in caplog.text


def truncated(path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lying(path, side):
    """A small picture whose header says another size."""
    flat("1", 0, (16, 16)).save(path)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", side, side)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    path.write_bytes(bytes(data))


BAD = {
    "missing.png": lambda path: None,
    "folder.png": lambda path: path.mkdir(),
    "text.png": lambda path: path.write_text("hello"),
    "empty.jpg": lambda path: path.write_bytes(b""),
    "half.jpg": truncated,
    "half.png": truncated,
    "half.tif": truncated,
    "zero.png": lambda path: lying(path, 0),
    f"{'long' * 99}.png": lambda path: None,
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


def test_a_program_is_no_photograph(tmp_path):
    # Pillow would hand it to Ghostscript.
    path = tmp_path / "program.png"
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\nshowpage\n")
    with pytest.raises(FileError, match="is not a picture"):
        read_photograph(path)


@pytest.mark.parametrize("side", [9000, 20000])
def test_too_many_pixels_are_refused_before_decoding(tmp_path, side):
    path = tmp_path / "huge.png"
    lying(path, side)
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
        (tmp_path / f"{'long' * 99}.png", "long"),
    ]:
        with pytest.raises(FileError, match=why):
            check_writable(path, source)


@pytest.mark.parametrize(("ending", "side"), [("jpg", 65_501), ("webp", 16_384)])
def test_a_side_too_long_for_the_format_is_refused(tmp_path, ending, side):
    with pytest.raises(FileError, match=str(side - 1)):
        write_picture(tmp_path / f"out.{ending}", np.zeros((8, side, 3), np.uint8))


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, ending):
    resource = pytest.importorskip("resource")
    (tmp_path / f"out.{ending}").write_text("old")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(FileError, match=f"out.{ending} cannot be written"):
            write_picture(tmp_path / f"out.{ending}", noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == [f"out.{ending}"]
    assert (tmp_path / f"out.{ending}").read_text() == "old"


@pytest.mark.parametrize("ending", ["webp", "png"])
def test_the_profile_of_a_gray_picture_that_is_stored_in_color(tmp_path, ending):
    """WebP has no gray: what converts to it leaves the profile of the gray that it was."""
    linear = imagecodecs.cms_profile("gray", gamma=1.0)
    options = {"lossless": True} if ending == "webp" else {}
    path = saved(flat("RGB", (90, 90, 90)), tmp_path / f"gray.{ending}", icc_profile=linear, **options)
    assert np.abs(read_photograph(path).rgb.astype(int) - 160).max() <= 1


def test_floats_whose_lamps_are_beyond_white(tmp_path):
    image = flat("F", 0.5)
    image.putpixel((0, 0), 12.0)
    rgb = read_photograph(saved(image, tmp_path / "lamp.tif")).rgb
    assert rgb[0, :2, 0].tolist() == [255, 128]
