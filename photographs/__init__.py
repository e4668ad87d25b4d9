"""Files of photographs, read as they are meant and written back whole: for the command line, training and scoring.

What a file holds becomes a `Raster` (by `tiff` or `plain`), its color sRGB (by `profiles`), and both a `Photograph`.
"""

from .kinds import ENDINGS
from .photograph import Photograph, Samples
from .raster import sixteen_bits
from .reading import endings, read, read_photograph
from .refusals import check_kind
from .writing import FORMATS, check_writable, left_behind, write_picture

__all__ = [
    "ENDINGS",
    "FORMATS",
    "Photograph",
    "Samples",
    "check_kind",
    "check_writable",
    "endings",
    "left_behind",
    "read",
    "read_photograph",
    "sixteen_bits",
    "write_picture",
]
