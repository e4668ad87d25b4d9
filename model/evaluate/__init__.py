"""Evaluation: PSNR against revealed points."""
