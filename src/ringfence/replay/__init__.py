"""Recorded traffic against proposed policies: what a change would have cut."""
