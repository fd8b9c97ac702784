"""``http`` of Calico's rules in words. Source: Calico reference, "HTTPMatch": methods and paths must both match."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.fields import Field
from ringfence.model.policy import Condition


def read_http(field: Field | None) -> Iterator[Condition]:
    """What a request must be."""
    if field is None or not field.is_mapping():
        return
    field.report_unknown(("methods", "paths"))
    methods, paths = _items(field, "methods"), [_path(path) for path in _items(field, "paths")]
    words = [" or ".join(map(str, listed)) for listed in (methods, paths) if listed]
    if words:
        yield Condition(f"HTTP {' '.join(words)}")


def _items(field: Field, name: str) -> list[object]:
    listed = field.get(name)
    return [item.value for item in (listed.items() if listed is not None else ()) or ()]


def _path(path: object) -> str:
    if not isinstance(path, dict):
        return str(path)
    return f"{path['prefix']}*" if path.get("prefix") else str(path.get("exact"))
