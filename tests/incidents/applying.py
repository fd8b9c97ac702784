"""Applies printed manifests to a copy of an incident, as ``kubectl apply`` does: equal names are replaced."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.incidents.states import paths

Name = tuple[str, str, str]


def copy(place: str, state: str, directory: Path) -> Path:
    """The cluster in one state, in a directory of its own."""
    for path in paths(place, state):
        shutil.copytree(path, directory / Path(path).name)
    return directory


def apply(directory: Path, printed: str) -> None:
    """Puts the printed objects in place of those of the same kind, namespace and name."""
    objects = [body for body in yaml.safe_load_all(printed) if body]
    assert objects, printed
    names = {_name(body) for body in objects}
    for path in directory.glob("**/*.yaml"):
        kept = [text for text in path.read_text(encoding="utf-8").split("\n---\n") if not _is_one(text, names)]
        path.write_text("\n---\n".join(kept), encoding="utf-8")
    (directory / "applied.yaml").write_text(printed, encoding="utf-8")


def _is_one(text: str, names: set[Name]) -> bool:
    body = yaml.safe_load(text)
    return body is not None and _name(body) in names


def _name(body: dict[str, Any]) -> Name:
    metadata = body["metadata"]
    return body["kind"], metadata.get("namespace", ""), metadata["name"]
