"""Versions of the tables, applied when a history is opened."""
