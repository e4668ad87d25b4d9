"""Photographs of kinds that are not read here, by their endings and by their first bytes, and what to do about them."""

from __future__ import annotations

from collections.abc import Collection

from huedot.protocol.errors import FileError

from .refusals import SAVE_AS, damaged, unsupported

# Endings of cameras' raw files, from Adobe's DNG to Sigma's X3F.
RAW = {
    *(".3fr", ".ari", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mef"),
    *(".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".ptx", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw"),
    ".x3f",
}
# Endings of other pictures: compressed, of high dynamic range, of layers.
OTHERS = {
    *(".avif", ".heic", ".heif", ".hif", ".jls", ".jpm", ".jxl", ".jxr", ".wdp", ".exr", ".hdr", ".pam"),
    *(".kra", ".ora", ".psb", ".psd", ".xcf"),
}
# Endings of files that look like photographs.
ENDINGS = RAW | OTHERS
DEVELOP = "Develop it in a raw converter, and save a TIFF of 16 bits."
FORMATS = "Run: pip install 'huedot[formats]'"
HEIC, JXL, CAMERA = "a HEIC picture", "a JPEG XL picture", "a camera's raw data"
# What files of ISO's container hold, by their brands.
BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), (HEIC, FORMATS)),
    b"crx ": (CAMERA, DEVELOP),
}
# The bytes by which it shows what a file is.
FIRST_BYTES = 1 << 16
# How files begin that are read where they are whole, by the decoder's name.
READ = {
    "PNG": (b"\x89PNG\r\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF8",),
    "TIFF": (b"II*\0", b"MM\0*"),
    "JPEG2000": (b"\0\0\0\x0cjP  \r\n", b"\xff\x4f\xff\x51"),
    "PSD": (b"8BPS",),
    "HEIF": tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"mif1")),
    "AVIF": (b"ftypavif", b"ftypavis"),
    "JXL": (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"),
}
# JPEG that few programs read, by the marker ahead of its size.
RARE_JPEG = {
    0xC3: "a lossless JPEG",
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "a hierarchical JPEG"),
    **dict.fromkeys((0xC9, 0xCA, 0xCB), "a JPEG with arithmetic coding"),
    0xF7: "a JPEG-LS picture",
}
SIGNATURES = {
    **dict.fromkeys(READ["JXL"], (JXL, FORMATS)),
    b"P7\n": ("a PAM picture", SAVE_AS),
    b"PF\n": ("a PFM picture in color", SAVE_AS),
    b"FUJIFILMCCD-RAW": (CAMERA, DEVELOP),
    b"IIRO": (CAMERA, DEVELOP),
    b"IIRS": (CAMERA, DEVELOP),
    b"IIU\0": (CAMERA, DEVELOP),
    b"FOVb": (CAMERA, DEVELOP),
    b"\0MRM": (CAMERA, DEVELOP),
    b"II\xbc\x01": ("a JPEG XR picture", SAVE_AS),
    b"v/1\x01": ("an OpenEXR picture", SAVE_AS),
    b"#?RADIANCE": ("a Radiance picture", SAVE_AS),
    b"gimp xcf": ("a GIMP document", "Export it as a PNG or TIFF."),
    b"PK\x03\x04": ("an archive or a document of layers", "Export the picture as a PNG or TIFF."),
    b"%PDF": ("a PDF", "Export its picture as a PNG or TIFF."),
}


def unread(name: str, head: bytes, formats: Collection[str]) -> FileError:
    """Return the refusal of a file that no decoder here knows, by its first bytes.

    formats: the names of those that there are decoders for: a file of theirs is rare, or not whole.
    """
    if not head:
        return FileError(f"{name} is empty.", "Get a whole copy of it.")
    if rare := _rare_jpeg(head):
        return unsupported(name, rare)
    for form, firsts in READ.items():
        if form in formats and any(head.startswith(first, 4 * first.startswith(b"ftyp")) for first in firsts):
            return damaged(name, f"it begins as {form}, and does not go on so")
    found = BRANDS.get(head[8:12]) if head[4:8] == b"ftyp" else None
    found = found or next((what for first, what in SIGNATURES.items() if head.startswith(first)), None)
    return unsupported(name, *found) if found else FileError(f"{name} is not a picture that can be read.", SAVE_AS)


def _rare_jpeg(head: bytes) -> str | None:
    """Return what a JPEG is that only few programs read."""
    at = 2
    while head[:2] == b"\xff\xd8" and head[at : at + 1] == b"\xff" and at + 5 <= len(head):
        marker, bits = head[at + 1], head[at + 4]
        if marker in RARE_JPEG:
            return RARE_JPEG[marker]
        if marker in (0xC0, 0xC1, 0xC2):
            return None if bits == 8 else f"a JPEG of {bits} bits"
        at += 2 + int.from_bytes(head[at + 2 : at + 4])
    return None
