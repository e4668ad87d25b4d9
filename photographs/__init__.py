"""Files of photographs, read as they are meant and written back whole: for the command line, training and scoring.

What a file holds becomes a `Raster` (by `tiff` or `plain`), its color sRGB (by `profiles`), and both a `Photograph`.
"""

from .photograph import Photograph
from .reading import endings, read, read_photograph
from .writing import FORMATS, check_writable, write_picture

__all__ = ["FORMATS", "Photograph", "check_writable", "endings", "read", "read_photograph", "write_picture"]
