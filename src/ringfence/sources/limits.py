"""How much input is read, so that no file can exhaust memory, and the one error of this package."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.model.finding import Finding

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


class InputError(Exception):
    """A path that was named can't be read at all, or nothing was found in all of them.

    The message is one sentence for the user; ``findings`` are the problems behind it, which may be several.
    """

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings
