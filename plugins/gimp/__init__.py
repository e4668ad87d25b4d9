"""HueDot in GIMP 3."""
