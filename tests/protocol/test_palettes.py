"""Files of palettes: what GIMP and Krita write, what they read, and what is refused."""

import struct
import zipfile

import pytest

from huedot.protocol.errors import ArgumentError, FileError, TooLarge
from huedot.protocol.palettes import files, kpl
from huedot.protocol.palettes.files import read_palette, write_palette
from huedot.protocol.palettes.palette import NamedColor, Palette

COAT = NamedColor("Grandmother's coat", (160, 48, 32))
ODD = NamedColor('Ü & <b> "x" 染', (250, 128, 7))
OURS = Palette("Ours & <theirs>", (COAT, NamedColor("", (1, 2, 3)), ODD), 2, "made by us\nand by them")


@pytest.fixture
def gpl(tmp_path):
    def write(text, name="some.gpl"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def archive(tmp_path):
    """Write an archive in Krita's manner, with these entries in its list."""

    def write(entries, head='version="2.0" name="A" columns="4"', **parts):
        path = tmp_path / "some.kpl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("mimetype", "krita/x-colorset", zipfile.ZIP_STORED)
            file.writestr("colorset.xml", f"<ColorSet {head}>{entries}</ColorSet>")
            for name, data in parts.items():
                file.writestr(name.replace("_", "."), data)
        return path

    return write


def entry(color, name="a", place=None):
    where = f'<Position row="{place[0]}" column="{place[1]}"/>' if place else ""
    return f'<ColorSetEntry name="{name}" id="" spot="false" bitdepth="U8">{color}{where}</ColorSetEntry>'


@pytest.mark.parametrize("ending", [".gpl", ".kpl", ".GPL"])
def test_what_is_written_is_read(tmp_path, ending):
    path = tmp_path / f"ours{ending}"
    write_palette(path, OURS)
    assert read_palette(path) == OURS


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"neither \.gpl nor \.kpl"):
        write_palette(tmp_path / "ours.ase", OURS)
    assert not [*tmp_path.iterdir()]


def test_gpl_is_read_as_gimp_and_others_write_it(gpl):
    text = "GIMP Palette\r\nName: Coats\r\nColumns: 3\r\n# by us\r\n#\r\n  8   8   8\tgrey3\r\n"
    text += "# of 1912\r\n 68  44  44\r\n  0 255   9 two  words\r\n\r\n1 2 3\tUntitled"
    palette = read_palette(gpl(text))
    assert (palette.name, palette.columns, palette.note) == ("Coats", 3, "by us")
    assert palette.colors == (
        NamedColor("grey3", (8, 8, 8)),
        NamedColor("", (68, 44, 44), "of 1912"),
        NamedColor("two words", (0, 255, 9)),
        NamedColor("", (1, 2, 3)),
    )


def test_the_oldest_gpl_has_no_name_and_old_ones_are_in_latin_1(gpl):
    palette = read_palette(gpl("GIMP Palette\n# old\n1 2 3 caf\u00e9\n".encode("latin-1"), "café.gpl"))
    assert (palette.name, palette.colors[0].name) == ("café", "café")


def test_opacities_are_no_part_of_a_name(gpl):
    palette = read_palette(gpl("GIMP Palette\nChannels: RGBA\n#\n1 2 3 255 sky\n4 5 6 0\n"))
    assert [color[:2] for color in palette.colors] == [("sky", (1, 2, 3)), ("", (4, 5, 6))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("JASC-PAL\n0100\n1\n1 2 3\n", "neither a palette of GIMP's nor of Krita's"),
        ("", "neither"),
        ("GIMP Palette\n1 2 256 x\n", "Line 2"),
        ("GIMP Palette\nName: x\n1 2 x\n", "Line 3"),
        ("GIMP Palette\nName: x\n1 -2 3 x\n", "Line 3"),
        ("GIMP Palette\nName: x\n", "no color at all"),
        ("GIMP Palettes\n1 2 3\n", "is not a palette of GIMP's"),
    ],
)
def test_what_is_no_gpl_is_said(gpl, text, said):
    with pytest.raises(FileError, match=said) as caught:
        read_palette(gpl(text))
    assert "some.gpl" in str(caught.value)


def test_what_is_not_there_or_no_file_or_too_large_is_said(tmp_path, gpl, monkeypatch):
    with pytest.raises(FileError, match="is not there"):
        read_palette(tmp_path / "none.gpl")
    with pytest.raises(FileError, match="is not a file"):
        read_palette(tmp_path)
    monkeypatch.setattr(files, "MOST_COLORS", 1)
    with pytest.raises(TooLarge, match="2 colors"):
        read_palette(gpl("GIMP Palette\n1 2 3\n1 2 3\n"))
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    with pytest.raises(TooLarge, match="larger than"):
        read_palette(gpl("GIMP Palette\n1 2 3\n"))


def test_kpl_colors_lie_row_by_row_and_group_by_group(archive):
    red, other = '<sRGB r="1" g="0" b="0"/>', '<RGB r="0.2" g="0.4" b="0.6" space="sRGB-elle-V2-srgbtrc.icc"/>'
    group = f'<Group name="g" rows="1">{entry(red, "last")}</Group>'
    path = archive(entry(red, "third", (1, 0)) + group + entry(other, "first", (0, 1)) + entry(red, "second", (0, 2)))
    palette = read_palette(path)
    assert [color.name for color in palette.colors] == ["first", "second", "third", "last"]
    assert palette.colors[0].rgb == (51, 102, 153)
    assert (palette.name, palette.columns) == ("A", 4)


@pytest.mark.parametrize(
    ("color", "rgb"),
    [
        ('<Lab L="54.29" a="80.81" b="69.89" space="Lab identity built-in"/>', (255, 0, 0)),
        ('<Lab L="50" a="0" b="0"/>', (119, 119, 119)),
        ('<XYZ x="0.9642" y="1" z="0.8249"/>', (255, 255, 255)),
        ('<RGB r="0.5" g="0.0" b="2" space="sRGB-elle-V2-g10.icc"/>', (188, 0, 255)),
        ('<Gray g="0.2" space="Gray-D50-elle-V2-srgbtrc.icc"/>', (51, 51, 51)),
    ],
)
def test_kpl_colors_of_other_spaces_are_what_they_look_like(archive, color, rgb):
    found = read_palette(archive(entry(color))).colors[0].rgb
    assert max(abs(one - other) for one, other in zip(found, rgb, strict=True)) <= 1


def profile(gamma):
    """A profile with the primaries of sRGB, and a gamma."""
    columns = {"rXYZ": (0.43607, 0.22249, 0.01392), "gXYZ": (0.38515, 0.71687, 0.09708)}
    columns["bXYZ"] = (0.14307, 0.06061, 0.7141)
    parts = {
        name: b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in xyz)) for name, xyz in columns.items()
    }
    parts |= {f"{c}TRC": b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) for c in "rgb"}
    table, data, start = struct.pack(">I", len(parts)), b"", 132 + 12 * len(parts)
    for name, part in parts.items():
        table += struct.pack(">4sII", name.encode(), start + len(data), len(part))
        data += part
    return bytes(16) + b"RGB XYZ " + bytes(12) + b"acsp" + bytes(88) + table + data


def test_kpl_colors_of_a_profile_in_the_archive_are_converted(archive):
    names = '<Profiles><Profile name="Mine" filename="mine.icc" colorModelId="RGBA" colorDepthId="U8"/></Profiles>'
    color = entry('<RGB r="0.5" g="0.5" b="0.5" space="Mine"/>')
    palette = read_palette(archive(color, profiles_xml=names, mine_icc=profile(1.0)))
    assert palette.colors[0].rgb == (188, 188, 188)


def test_kpl_colors_in_inks_are_left_out_and_counted(archive):
    ink = entry('<CMYK c="0" m="1" y="1" k="0" space="Chemical proof"/>')
    palette = read_palette(archive(ink + entry('<sRGB r="1" g="1" b="0"/>', "sun")))
    assert (palette.colors, palette.left_out) == ((NamedColor("sun", (255, 255, 0)),), 1)
    with pytest.raises(FileError, match="no color that can be told in sRGB"):
        read_palette(archive(ink))


def test_a_kpl_that_would_fill_memory_is_refused(archive, tmp_path, monkeypatch):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><ColorSet name="&b;"/>'
    path = tmp_path / "bomb.kpl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("colorset.xml", bomb)
    with pytest.raises(FileError, match="declares a type of its own"):
        read_palette(path)
    monkeypatch.setattr(kpl, "MOST_ELEMENTS", 5)
    with pytest.raises(TooLarge, match="more than 5"):
        read_palette(archive("<a/>" * 9))
    monkeypatch.setattr(kpl, "MOST_BYTES", 1000)
    with pytest.raises(TooLarge, match=r"colorset\.xml in .*some\.kpl"):
        read_palette(archive(" " * 2000))


@pytest.mark.parametrize(
    "entries",
    [
        "<ColorSetEntry>",
        entry('<sRGB r="x" g="0" b="0"/>'),
        entry('<sRGB r="nan" g="0" b="0"/>'),
        entry('<sRGB r="1" g="0"/>'),
        entry('<sRGB r="1" g="0" b="0"/><Position row="x" column="1"/>'),
    ],
)
def test_a_damaged_list_is_said(archive, entries):
    with pytest.raises(FileError, match=r"some\.kpl"):
        read_palette(archive(entries))


def test_every_cut_of_a_kpl_is_refused(tmp_path):
    write_palette(tmp_path / "whole.kpl", OURS)
    whole, path = (tmp_path / "whole.kpl").read_bytes(), tmp_path / "cut.kpl"
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        with pytest.raises(FileError, match=r"cut\.kpl"):
            read_palette(path)
