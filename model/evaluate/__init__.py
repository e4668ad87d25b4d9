"""Evaluation: PSNR against revealed points, baselines beside networks, and what palettes and suggestions are worth."""
