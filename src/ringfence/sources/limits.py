"""How much input is read, so that no file can exhaust memory."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what is read. What passes one is refused with a finding that names it, and is never read further.

    ``yaml_bytes`` and ``json_bytes`` bound one file or stream, ``archive_bytes`` everything that an archive
    unpacks to and ``archive_members`` how many files it holds. ``alias_nodes`` bounds the nodes that the aliases of
    one YAML document stand for, ``depth`` the nesting of mappings and lists, aliases followed.
    """

    yaml_bytes: int = 100 * _MIB
    json_bytes: int = 1024 * _MIB
    archive_bytes: int = 1024 * _MIB
    archive_members: int = 100_000
    alias_nodes: int = 1_000_000
    depth: int = 256
