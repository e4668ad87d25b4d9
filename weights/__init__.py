"""The shipped network, its model card, and the manifest of weights."""
