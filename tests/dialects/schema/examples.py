"""One object of each known kind, as complete as the kind allows; every one of them is valid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_DIRECTORY = Path(__file__).parent / "examples"

Body = dict[str, Any]
Steps = tuple[str | int, ...]


def _read() -> dict[str, Body]:
    found: dict[str, Body] = {}
    for path in sorted(_DIRECTORY.glob("*.yaml")):
        for body in yaml.safe_load_all(path.read_text()):
            found[f"{body['apiVersion'].partition('/')[0]} {body['kind']} {body['metadata']['name']}"] = body
    return found


EXAMPLES = _read()


def places(value: object, steps: Steps = ()) -> list[tuple[Steps, object]]:
    """Every value of a body with the way to it."""
    found: list[tuple[Steps, object]] = [(steps, value)]
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, (*steps, index))
    return found


def put(body: Body, steps: Steps, value: object) -> None:
    """Sets what lies at the end of the way."""
    target: Any = body
    for step in steps[:-1]:
        target = target[step]
    target[steps[-1]] = value
