"""Named colors: files of GIMP's and Krita's palettes, the sets that come with HueDot, and the user's own.

Standard library only, Python 3.10.
"""
