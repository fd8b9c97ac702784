"""How these tests read a text: as standard input, so that no file is needed."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path

from ringfence.model.finding import Finding
from ringfence.model.objects import Pod, Snapshot
from ringfence.sources import Limits, load_snapshot

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"


def load_text(text: str | bytes, limits: Limits | None = None) -> Snapshot:
    """The snapshot of one text; indentation that every line shares is taken away."""
    data = textwrap.dedent(text).encode() if isinstance(text, str) else text
    return load_snapshot(["-"], stdin=io.BytesIO(data), limits=limits or Limits())


def of_code(snapshot: Snapshot, code: str) -> list[Finding]:
    """The findings of one code."""
    return [finding for finding in snapshot.findings if finding.code.code == code]


def codes(snapshot: Snapshot) -> list[str]:
    """The codes of what is wrong: notes left out."""
    return [finding.code.code for finding in snapshot.findings if finding.severity > 0]


def pods(snapshot: Snapshot) -> dict[str, Pod]:
    """The pods by how they are written."""
    return {str(pod): pod for pod in snapshot.pods}


def pod(name: str, spec: str = "containers: []", **metadata: str) -> str:
    """A pod's manifest; ``spec`` is flow YAML's inside."""
    fields = "".join(f"\n  {key}: {value}" for key, value in metadata.items())
    return f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}{fields}\nspec: {{{spec}}}\n---\n"
