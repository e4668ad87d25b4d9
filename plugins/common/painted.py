"""Which painted pixels are hints: what the networks and the panels of the editors go by alike."""

# Alpha from which a pixel of a layer is a hint by itself.
OPAQUE = 128
# Alpha of the faintest peak of a painted spot that is a hint: beneath it, an 8-bit color is more rounding than color.
FAINTEST = 8
