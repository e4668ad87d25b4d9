"""Color science, networks, palette and propagation. Imports torch and numpy, never zmq."""

from .colorizer import Colorizer, Photo, Place, Reference
from .hints import Dot, Hints

__all__ = ["Colorizer", "Dot", "Hints", "Photo", "Place", "Reference"]
