"""Photographs of kinds that are not read here, by their endings and by their first bytes, and what to do about them."""

from __future__ import annotations

from huedot.protocol.errors import FileError

from .refusals import SAVE_AS, unsupported

RAW = {  # of cameras, from Adobe's DNG to Sigma's X3F
    *(".3fr", ".ari", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mef"),
    *(".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".ptx", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw"),
    ".x3f",
}
OTHERS = {  # compressed, of high dynamic range, and of layers
    *(".heic", ".heif", ".hif", ".jpm", ".jxl", ".jxr", ".wdp", ".exr", ".hdr", ".kra", ".ora", ".psb", ".psd", ".xcf"),
}
ENDINGS = RAW | OTHERS  # of files that look like photographs
DEVELOP = "Develop it in a raw converter, and save a TIFF of 16 bits."
FORMATS = "Run: pip install 'huedot[formats]'"
HEIC, JXL, CAMERA = "a HEIC picture", "a JPEG XL picture", "a camera's raw data"
BRANDS = {  # of files of ISO's container, and what they hold
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), (HEIC, FORMATS)),
    b"crx ": (CAMERA, DEVELOP),
}
FIRST_BYTES = {
    b"\xff\x0a": (JXL, FORMATS),
    b"\0\0\0\x0cJXL \r\n\x87\n": (JXL, FORMATS),
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


def unread(name: str, head: bytes) -> FileError:
    """Return the refusal of a file that no decoder here knows, by its first bytes."""
    found = BRANDS.get(head[8:12]) if head[4:8] == b"ftyp" else None
    found = found or next((what for first, what in FIRST_BYTES.items() if head.startswith(first)), None)
    return unsupported(name, *found) if found else FileError(f"{name} is not a picture that can be read.", SAVE_AS)
