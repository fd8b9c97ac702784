"""Least policies from observed traffic, with their evidence and a proof."""
