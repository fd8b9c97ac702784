"""Records of DNS answers: files of them, and how they are made by asking resolvers."""

from ringfence.names.reading import read_names

__all__ = ["read_names"]
