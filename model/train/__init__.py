"""Training: the paper's recipe on a folder of images or on tar shards."""
