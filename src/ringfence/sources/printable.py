"""Texts of the input that can be shown: a name is printed on terminals and in comments on pull requests."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text with its control characters, and those that turn the direction of writing, escaped as ``\u202e``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
