"""Colors named by number (ITU-T H.273), as PNG's cICP, AVIF and HEIC have them instead of a profile."""

from __future__ import annotations

from .profiles import SRGB_XY, encoded_as
from .raster import Space
from .refusals import unsupported

UNSAID, BT709, SRGB = 2, 1, 13
D65, C, DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
# Chromaticities of white, red, green and blue, by number.
PRIMARIES: dict[int, tuple[float, ...]] = {
    BT709: SRGB_XY,
    UNSAID: SRGB_XY,
    4: (*C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (*DCI, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
# Video's curve, too, is shown by programs for stills as sRGB's.
AS_SRGB = {UNSAID, SRGB, 1, 6, 14, 15}
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
BEYOND_WHITE = {16: "PQ", 18: "HLG"}


def profile(primaries: int, transfer: int, space: Space, name: str) -> bytes | None:
    """Return the profile that the numbers stand for, unless it is sRGB. Raises FileError for what is brighter."""
    if curve := BEYOND_WHITE.get(transfer):
        remedy = "Save it in standard range, as a PNG, JPEG or TIFF of 8 or 16 bits."
        raise unsupported(name, f"a picture of high dynamic range ({curve})", remedy)
    if primaries not in PRIMARIES or (transfer not in AS_SRGB and transfer not in GAMMAS):
        raise unsupported(name, f"a picture in colors of a rare kind ({primaries}/{transfer} of H.273)")
    xy = PRIMARIES[primaries] if space == "rgb" else SRGB_XY
    if space not in ("gray", "rgb") or (xy == SRGB_XY and transfer in AS_SRGB):
        return None
    return encoded_as(GAMMAS.get(transfer), xy, space, name)
