"""TIFF of every flavor that tifffile writes: the same picture each time, or a refusal that names the true reason."""

import struct
import warnings

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from huedot.photographs import read_photograph
from huedot.protocol.errors import FileError, TooLarge

HEIGHT, WIDTH = 24, 32
# Every level of 8 bits.
RAMP = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
LEVELS = np.round(RAMP * 255).astype(int)


def stored(values, bits):
    """Values in 0..1 as unsigned samples of so many bits."""
    kind = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    return np.round(values * (2.0**bits - 1)).astype(kind)


def written(path, samples, **options):
    tifffile.imwrite(path, samples, metadata=None, **options)
    return path


def packed(path, values, bits, photometric=1, order="<"):
    """A TIFF of samples of any number of bits, each row ending on a byte, as no library here writes them."""
    values = stored(values, bits).astype(np.uint64)
    planes = ((values[..., None] >> np.arange(bits - 1, -1, -1, dtype=np.uint64)) & 1).astype(np.uint8)
    data = np.packbits(planes.reshape(len(values), -1), axis=1).tobytes()
    if bits in (8, 16, 32) and order == "<":
        data = values.astype(f"<u{bits // 8}").tobytes()
    height, width = values.shape
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 8 + 2 + 9 * 12 + 4, 277: 1}
    tags |= {278: height, 279: len(data)}
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    head = b"II*\0" if order == "<" else b"MM\0*"
    path.write_bytes(head + struct.pack(f"{order}IH", 8, len(tags)) + entries + bytes(4) + data)
    return path


def read_or_refused(path):
    """The photograph, and no reason; or none, and the reason why the file is not read."""
    try:
        return read_photograph(path), ""
    except FileError as refused:
        return None, refused.message


def levels(path):
    """The levels of a gray picture."""
    rgb = read_photograph(path).rgb.astype(int)
    assert (rgb == rgb[..., :1]).all()
    return rgb[..., 0]


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", range(1, 33))
def test_every_depth(tmp_path, bits, order, photometric):
    if bits == 24:
        with pytest.raises(FileError, match="24-bit samples, whose bytes"):
            read_photograph(packed(tmp_path / "a.tif", RAMP, bits))
        return
    values = RAMP if photometric else 1 - RAMP
    found = levels(packed(tmp_path / "a.tif", values, bits, photometric, order))
    coarse = np.round(stored(values, bits) / (2.0**bits - 1) * 255)
    assert np.abs(found - (coarse if photometric else 255 - coarse)).max() <= 1
    assert len(np.unique(found)) == min(256, 2**bits)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int8", "int16", "int32"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_every_sample_format(tmp_path, kind, photometric):
    values = RAMP if photometric == "minisblack" else 1 - RAMP
    white = 1 if kind.startswith("f") else np.iinfo(kind).max
    samples = values * white if kind.startswith("f") else np.round(values * white)
    found = levels(written(tmp_path / "a.tif", samples.astype(kind), photometric=photometric))
    assert np.abs(found - LEVELS).max() <= 1


def test_signed_samples_below_zero_are_refused(tmp_path):
    """Whether the least of them is black, or 0, no file says."""
    samples = np.round(RAMP * 65535 - 32768).astype(np.int16)
    with pytest.raises(FileError, match="negative"):
        read_photograph(written(tmp_path / "a.tif", samples, photometric="minisblack"))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_layouts_of_color(tmp_path, bits, planar, order, tile):
    color = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], -1)
    samples = stored(color, bits)
    samples = samples if planar == "contig" else np.ascontiguousarray(np.moveaxis(samples, -1, 0))
    path = written(
        tmp_path / "a.tif", samples, photometric="rgb", planarconfig=planar, byteorder=order, tile=tile, rowsperstrip=5
    )
    assert np.abs(read_photograph(path).rgb - color * 255).max() <= 1


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", ["ASSOCALPHA", "UNASSALPHA", "UNSPECIFIED"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_alpha(tmp_path, bits, kind, channels):
    alpha = np.where(np.arange(WIDTH) < WIDTH // 2, 0.5, 1.0) * np.ones((HEIGHT, 1))
    color = np.repeat(RAMP[..., None], channels, 2)
    if channels == 4:
        color[..., 3] = 0
    color_in = color * alpha[..., None] if kind == "ASSOCALPHA" else color
    samples = stored(np.dstack([color_in, alpha]), bits)
    photometric = {1: "minisblack", 3: "rgb", 4: "separated"}[channels]
    path = written(tmp_path / "a.tif", samples, photometric=photometric, extrasamples=[kind], planarconfig="contig")
    photo = read_photograph(path)
    truth = np.repeat(LEVELS[..., None], 3, 2) if channels < 4 else 255 - np.repeat(LEVELS[..., None], 3, 2)
    assert np.abs(photo.rgb.astype(int) - truth).max() <= (2 if kind == "ASSOCALPHA" and bits == 8 else 1)
    if kind == "UNSPECIFIED":
        assert photo.alpha is None
        assert photo.dropped == ("1 extra channel",)
    else:
        assert np.abs(photo.alpha8 - alpha * 255).max() <= 1
        assert photo.dropped == ()


COMPRESSIONS = ["packbits", "lzw", "adobe_deflate", "deflate", "lzma", "zstd"]


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_compressions(tmp_path, compression, predictor, kind):
    if predictor and compression == "packbits":
        pytest.skip("packbits has no predictor")
    samples = RAMP.astype(np.float32) if kind == "float32" else stored(RAMP, 8 * np.dtype(kind).itemsize)
    path = written(
        tmp_path / "a.tif",
        samples,
        photometric="minisblack",
        compression=compression,
        predictor=predictor,
        rowsperstrip=7,
    )
    assert np.abs(levels(path) - LEVELS).max() <= 1


@pytest.mark.parametrize("photometric", ["rgb", "ycbcr", "minisblack", "separated"])
@pytest.mark.parametrize("compression", ["jpeg", "webp", "png", "jpeg2000", "jpegxl", "jpegxr", "lerc"])
def test_pictures_inside(tmp_path, photometric, compression):
    channels = {"minisblack": 1, "separated": 4}.get(photometric, 3)
    if photometric == "ycbcr" and compression != "jpeg":
        pytest.skip("TIFF's own YCbCr")
    if compression == "webp" and channels != 3:
        pytest.skip("WebP holds RGB")
    color = np.repeat(RAMP[..., None], channels, 2) if channels > 1 else RAMP
    options = {"compressionargs": {"level": 98}} if compression in ("jpeg", "webp") else {}
    if photometric == "ycbcr":
        options = {"photometric": "rgb"}
    path = written(
        tmp_path / "a.tif", stored(color, 8), **{"photometric": photometric, "compression": compression} | options
    )
    photo, reason = read_or_refused(path)
    if photo is None:
        assert compression in ("jpegxl", "jpegxr", "lerc") or photometric == "separated"
        assert "not supported" in reason
        assert "damaged" not in reason
        return
    rgb = photo.rgb.astype(int)
    truth = np.round((1 - RAMP) ** 2 * 255) if channels == 4 else LEVELS
    assert np.abs(rgb - truth[..., None]).max() <= 5


@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2)])
def test_ycbcr_outside_of_jpeg(tmp_path, subsampling):
    """Pillow writes it as libtiff does."""
    color = np.stack([RAMP, np.full_like(RAMP, 0.4), 1 - RAMP], -1)
    color = np.round(color * 255).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    image = Image.fromarray(color).convert("YCbCr")
    path = tmp_path / "a.tif"
    if subsampling == (1, 1):
        tifffile.imwrite(path, np.asarray(image), photometric="rgb", metadata=None)
        path.write_bytes(
            path.read_bytes().replace(struct.pack("<HHIHH", 262, 3, 1, 2, 0), struct.pack("<HHIHH", 262, 3, 1, 6, 0))
        )
        data = path.read_bytes()
        assert struct.pack("<HHIHH", 262, 3, 1, 6, 0) in data
        with tifffile.TiffFile(path, mode="r+") as tiff:
            tiff.pages[0].tags[262].overwrite(6)
        tifffile.imwrite(path, np.asarray(image), photometric=6, metadata=None, extratags=[(530, "H", 2, (1, 1), True)])
    else:
        image.save(path, compression=None, tiffinfo={530: subsampling})
        with tifffile.TiffFile(path) as tiff:
            if tiff.pages[0].subsampling != subsampling:
                pytest.skip("Pillow does not subsample")
    assert np.abs(read_photograph(path).rgb.astype(int) - color).max() <= 3


def test_a_palette(tmp_path):
    palette = np.zeros((3, 256), np.uint16)
    palette[:] = np.arange(256)[::-1] * 257
    indices = stored(1 - RAMP, 8)
    path = written(tmp_path / "a.tif", indices, photometric="palette", colormap=palette)
    assert np.array_equal(levels(path), LEVELS)
    assert not read_photograph(path).is_deep


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("bits", [8, 16])
def test_the_right_side_up(tmp_path, orientation, bits):
    tag = (274, "H", 1, orientation, True)
    path = written(tmp_path / "a.tif", stored(RAMP, bits), photometric="minisblack", extratags=[tag])
    assert np.abs(levels(path) - turned(RAMP * 255, orientation)).max() <= 1


@pytest.mark.parametrize("program", ["ImageJ", "OME", "tifffile"])
def test_stacks_of_scientific_programs(tmp_path, program):
    """The first picture; ImageJ says of one page that hundreds follow it."""
    options = {"ImageJ": {"imagej": True}, "OME": {"ome": True}, "tifffile": {}}[program]
    stack = np.stack([stored(RAMP, 16), stored(1 - RAMP, 16), stored(RAMP, 16)])
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack", **options)
    assert np.array_equal(levels(tmp_path / "a.tif"), LEVELS)
    assert read_photograph(tmp_path / "a.tif").dropped == ("2 more pages",)


@pytest.mark.parametrize("kind", ["complex64", "complex128"])
def test_complex_samples_are_refused_by_name(tmp_path, kind):
    with pytest.raises(FileError, match="COMPLEXIEEEFP"):
        read_photograph(written(tmp_path / "a.tif", RAMP.astype(kind), photometric="minisblack"))


def test_a_tag_that_holds_too_much_is_no_matter_for_the_user(tmp_path):
    path = written(tmp_path / "a.tif", stored(RAMP, 8), photometric="minisblack", software="two words")
    with tifffile.TiffFile(path, mode="r+") as tiff:
        at = tiff.pages[0].tags[305].offset
    data = bytearray(path.read_bytes())
    # Of ASCII it is now short numbers, nine of them.
    data[at + 2 : at + 4] = struct.pack("<H", 3)
    path.write_bytes(bytes(data))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert np.array_equal(levels(path), LEVELS)
    assert said == []


def test_floats_that_are_none(tmp_path):
    samples = RAMP.astype(np.float32)
    samples[3, :4] = np.nan, np.inf, -np.inf, -0.3
    found = levels(written(tmp_path / "a.tif", samples, photometric="minisblack"))
    assert found[3, :4].tolist() == [0, 255, 0, 0]
    assert np.abs(found[4:] - LEVELS[4:]).max() <= 1


@pytest.mark.parametrize("photometric", [8, 9])
@pytest.mark.parametrize("bits", [8, 16])
def test_lab(tmp_path, bits, photometric):
    """A gray of half lightness, and sRGB's red: 53.2, 80.1, 67.2 for D65, 54.3, 80.8, 69.9 for D50."""
    unit = 2 ** (bits - 8)
    most = unit * 255 if photometric == 9 else 2**bits - 1
    lab = np.zeros((HEIGHT, WIDTH, 3))
    lab[..., 0] = 50
    lab[0, 0] = 54.29, 80.81, 69.89
    samples = np.stack(
        [lab[..., 0] * most / 100, *((lab[..., i] + 128 * (photometric == 9)) * unit for i in (1, 2))], -1
    )
    samples = np.round(samples).astype(np.int64).astype(f"u{bits // 8}")
    rgb = read_photograph(written(tmp_path / "a.tif", samples, photometric=photometric)).rgb.astype(int)
    assert np.abs(rgb[5, 5] - 119).max() <= 1
    assert np.abs(rgb[0, 0] - (255, 0, 0)).max() <= 4


def test_inks(tmp_path):
    color = np.zeros((HEIGHT, WIDTH, 4))
    color[..., 3] = 1 - RAMP
    for bits in (8, 16):
        path = written(tmp_path / f"{bits}.tif", stored(color, bits), photometric="separated")
        assert np.abs(levels(path) - LEVELS).max() <= 1


PAGES = {
    "a thumbnail first": [("thumbnail", 1), ("photo", 0)],
    "a mask first": [("mask", 4), ("photo", 0)],
    "a page more": [("photo", 0), ("other", 0)],
    "of several pages": [("photo", 2), ("other", 2)],
    "thumbnails alone": [("photo", 1), ("thumbnail", 1)],
}


@pytest.mark.parametrize("name", PAGES)
def test_the_first_page_that_is_no_reduced_copy(tmp_path, name):
    pages = {
        "photo": stored(RAMP, 16),
        "thumbnail": stored(RAMP[::2, ::2], 8),
        "other": stored(1 - RAMP, 8),
        "mask": RAMP > 0.5,
    }
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for which, kind in PAGES[name]:
            tiff.write(pages[which], photometric="minisblack", subfiletype=kind, metadata=None)
    assert np.array_equal(levels(tmp_path / "a.tif"), LEVELS)
    others = sum(which == "other" for which, _ in PAGES[name])
    assert read_photograph(tmp_path / "a.tif").dropped == (("1 more page",) if others else ())


def test_the_picture_below_a_thumbnail(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(stored(RAMP[::2, ::2], 8), photometric="minisblack", subfiletype=1, subifds=1, metadata=None)
        tiff.write(stored(RAMP, 16), photometric="minisblack", subfiletype=0, metadata=None)
    assert np.array_equal(levels(tmp_path / "a.tif"), LEVELS)


def gray_profile(gamma):
    import imagecodecs

    return imagecodecs.cms_profile("gray", gamma=gamma)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_a_linear_profile_leaves_the_shadows(tmp_path, kind):
    """It is applied to what the file has, and not through tables that are too coarse near black."""
    linear = np.where(RAMP > 0.04045, ((RAMP + 0.055) / 1.055) ** 2.4, RAMP / 12.92)
    samples = linear.astype(np.float32) if kind == "float32" else stored(linear, 8 * np.dtype(kind).itemsize)
    path = written(tmp_path / "a.tif", samples, photometric="minisblack", iccprofile=gray_profile(1.0))
    light = samples / (1 if kind == "float32" else np.iinfo(kind).max)
    truth = np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light) * 255
    assert np.abs(levels(path) - truth).max() <= 1
    if kind != "uint8":
        assert len(np.unique(levels(path))) == 256


def test_sixteen_bits_of_srgb_stay_as_they_are(tmp_path):
    import imagecodecs

    samples = np.arange(65536 * 3, dtype=np.uint32).astype(np.uint16).reshape(256, 256, 3)
    path = written(tmp_path / "a.tif", samples, photometric="rgb", iccprofile=imagecodecs.cms_profile("srgb"))
    assert np.array_equal(read_photograph(path).full, samples)


@pytest.mark.parametrize("half", [0.3, 0.9])
@pytest.mark.parametrize("compression", [None, "lzw", "zstd"])
def test_half_a_file_is_damaged(tmp_path, half, compression):
    noise = np.random.default_rng(0).integers(0, 65535, (64, 64), np.uint16)
    path = written(tmp_path / "a.tif", noise, photometric="minisblack", compression=compression)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * half)])
    with pytest.raises(FileError, match="damaged or cut short"):
        read_photograph(path)


def refused(tmp_path, **tags):
    """What is said of a TIFF some of whose tags say something else."""
    path = packed(tmp_path / "a.tif", RAMP, 8)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for code, value in tags.items():
            tiff.pages[0].tags[int(code[1:])].overwrite(value, dtype="I")
    with pytest.raises((FileError, TooLarge)) as caught:
        read_photograph(path)
    assert "a.tif" in caught.value.message
    assert caught.value.remedy
    return caught.value.message


def test_what_is_not_read_is_refused_by_its_reason(tmp_path):
    assert "JPEGXR" in refused(tmp_path, t259=34934)
    assert "SGILOG" in refused(tmp_path, t259=34676)
    assert "4242" in refused(tmp_path, t259=4242)
    assert "LOGLUV" in refused(tmp_path, t262=32845)
    assert "raw" in refused(tmp_path, t262=32803)
    assert "WebP" in refused(tmp_path, t259=50001)
    assert "65 bits" in refused(tmp_path, t258=65)
    assert "million" in refused(tmp_path, t256=60_000, t257=60_000)
    for code in (259, 262, 258):
        assert "damaged" not in refused(tmp_path, **{f"t{code}": 32845 if code == 262 else 4243})


def test_a_palette_that_is_too_short_is_damaged(tmp_path):
    assert "palette" in refused(tmp_path, t262=3)


def test_what_else_a_file_holds_is_named(tmp_path):
    tags = [(700, "B", 4, b"<x/>", True), (33723, "B", 4, b"\x1c\x02\0\0", True)]
    path = written(tmp_path / "a.tif", stored(RAMP, 8), photometric="minisblack", extratags=tags)
    assert read_photograph(path).dropped == ("XMP", "IPTC")


def alike(channels, kind):
    """Samples (H, W, channels) of a kind; white is 1, or the kind's largest."""
    if kind.startswith("float"):
        return channels.astype(kind)
    return np.round(channels * np.iinfo(kind).max).clip(0, np.iinfo(kind).max).astype(kind)


INKS = {"rgb": 3, "separated": 4, "palette": 1, "minisblack": 1, "miniswhite": 1}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_random_flavors(tmp_path, data):
    """Whatever tifffile writes is read within a level, or refused by its reason."""
    pick = lambda *choices: data.draw(st.sampled_from(choices))  # noqa: E731
    photometric = pick(*INKS)
    kind = pick("uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64")
    kind = pick("uint8", "uint16") if photometric == "palette" else kind
    truth = RAMP if photometric != "separated" else (1 - RAMP) ** 2
    values = np.repeat((1 - RAMP if photometric == "miniswhite" else RAMP)[..., None], INKS[photometric], 2)
    extra, share = pick(None, "ASSOCALPHA", "UNASSALPHA", "UNSPECIFIED"), pick(1.0, 0.5)
    if extra is not None and photometric != "palette":
        values = np.dstack([values * (share if extra == "ASSOCALPHA" else 1), np.full_like(RAMP, share)])
    samples = alike(values, kind)
    options = {"extrasamples": [extra]} if values.shape[2] > INKS[photometric] else {}
    if photometric == "palette":
        samples = np.round(RAMP * 255).astype(kind)
        colors = 1 << (8 * samples.dtype.itemsize)
        options["colormap"] = np.repeat((np.arange(colors) % 256 * 257).astype(np.uint16)[None], 3, 0)
    elif samples.shape[2] == 1:
        samples = samples[..., 0]
    elif pick("contig", "separate") == "separate":
        samples, options["planarconfig"] = np.ascontiguousarray(np.moveaxis(samples, -1, 0)), "separate"
    else:
        options["planarconfig"] = "contig"
    compression = pick(None, *COMPRESSIONS, "jpegxl", "jpeg2000", "png", "lerc")
    layout = {
        "compression": compression,
        "predictor": pick(False, True),
        "tile": pick(None, (16, 16), (16, 32)),
        "rowsperstrip": pick(1, 5, 24),
        "photometric": photometric,
        "metadata": None,
    }
    # tifffile errs in others.
    order = pick("<", ">") if compression in (None, *COMPRESSIONS) else "<"
    before, after = pick(False, True), pick(0, 2)
    try:
        with tifffile.TiffWriter(tmp_path / "a.tif", byteorder=order, bigtiff=pick(False, True)) as tiff:
            if before:
                tiff.write(stored(1 - RAMP[::2, ::2], 8), photometric="minisblack", subfiletype=1, metadata=None)
            tiff.write(samples, **layout, **options)
            for _ in range(after):
                tiff.write(stored(1 - RAMP, 16), photometric="minisblack", metadata=None)
    except (ValueError, KeyError, RuntimeError, NotImplementedError, TypeError):
        # tifffile does not write it.
        return
    photo, reason = read_or_refused(tmp_path / "a.tif")
    if photo is None:
        assert "not supported" in reason
        assert "damaged" not in reason
        return
    # Steps that what is stored lies apart.
    coarse = (extra == "ASSOCALPHA" and share < 1) + (kind == "int8")
    # Two of them round.
    coarse += photometric == "separated"
    assert np.abs(photo.rgb - truth[..., None] * 255).max() <= 1.01 + 1.5 * coarse
    assert (photo.alpha is not None) == (options.get("extrasamples") in (["ASSOCALPHA"], ["UNASSALPHA"]))
    if photo.alpha is not None:
        assert np.abs(photo.alpha8 - share * 255).max() <= 1.01 + (kind == "int8")
    assert ("2 more pages" in photo.dropped) == (after == 2)


REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_random_depths(tmp_path, data):
    """Every number of bits from 1 to 32, in either order, black or white at zero, and bits stored backward."""
    bits, photometric = data.draw(st.integers(1, 32)), data.draw(st.sampled_from([0, 1]))
    order, backward = data.draw(st.sampled_from("<>")), data.draw(st.booleans()) and bits < 8
    values = data.draw(st.floats(0.1, 1)) * RAMP
    path = packed(tmp_path / "a.tif", values, bits, photometric, order)
    if backward:
        with tifffile.TiffFile(path, mode="r+") as tiff:
            at = tiff.pages[0].dataoffsets[0]
            tiff.pages[0].tags[259].overwrite(1)
            # The number of samples in a pixel, which is 1 where it is not said.
            tag = tiff.pages[0].tags[277].offset
        whole = bytearray(path.read_bytes())
        whole[tag : tag + 12] = struct.pack(f"{order}HHII", 266, 4, 1, 2)
        path.write_bytes(bytes(whole[:at]) + bytes(whole[at:]).translate(REVERSED))
    photo, reason = read_or_refused(path)
    if bits == 24:
        assert "24-bit samples" in reason
        return
    assert photo is not None, reason
    coarse = stored(values, bits) / (2.0**bits - 1)
    assert np.abs(photo.rgb[..., 0] - (coarse if photometric else 1 - coarse) * 255).max() <= 1


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_random_flavors_of_pillow(tmp_path, data):
    """Whatever Pillow, and libtiff in it, writes is read as Pillow meant it."""
    pick = lambda *choices: data.draw(st.sampled_from(choices))  # noqa: E731
    mode = pick("1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "I;16", "I", "F")
    gray = Image.fromarray(stored(RAMP, 8))
    deep = {"I;16": stored(RAMP, 16), "I": stored(RAMP, 16).astype(np.int32), "F": RAMP.astype(np.float32)}
    image = Image.fromarray(deep[mode]) if mode in deep else gray.convert(mode)
    compression = pick(None, "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "group3", "group4", "zstd")
    orientation = pick(*range(1, 9))
    try:
        image.save(tmp_path / "a.tif", compression=compression, tiffinfo={274: orientation}, big_tiff=pick(False, True))
    except (ValueError, KeyError, RuntimeError, OSError):
        # Pillow does not write it.
        return
    truth = np.round(RAMP * 255) if mode in deep else np.asarray(image.convert("L"), float)
    photo, reason = read_or_refused(tmp_path / "a.tif")
    assert photo is not None, reason
    assert np.abs(photo.rgb[..., 0] - turned(truth, orientation)).max() <= 1.01


def turned(values, orientation):
    """As it is to be shown, by EXIF's numbers."""
    # Image.Transpose.
    way = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}.get(orientation)
    return values if way is None else np.asarray(Image.fromarray(values.astype(np.float32)).transpose(way))
