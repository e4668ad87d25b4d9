"""Color science, networks, palette and propagation. Imports torch and numpy, never zmq."""

from .colorizer import Colorizer, Photo
from .hints import Dot, Hints
from .reference import Reference
from .regions import Mask, Region
from .suggestions import Place

__all__ = ["Colorizer", "Dot", "Hints", "Mask", "Photo", "Place", "Reference", "Region"]
