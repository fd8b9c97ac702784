"""Frozen value types of the domain: no I/O, no knowledge of any policy dialect.

Every other layer speaks in these types. A value that exists is valid: parsing and its findings happen
at the edge (``sources`` and ``dialects``), once.
"""
