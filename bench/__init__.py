"""Measurements: a seeded generator of believable clusters, and the steps that are timed on them."""
