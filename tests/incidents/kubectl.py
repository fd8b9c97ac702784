"""Runs printed ``kubectl`` commands on a copy of an incident's manifests, as the API server would take them.

JSON patches after RFC 6902 and merge patches after RFC 7386, written here apart from the program.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import yaml

from tests.incidents.applying import apply

Body = dict[str, Any]


def execute(command: str, directory: Path) -> None:
    """One command on every manifest under a directory."""
    words = shlex.split(command)
    if words[0] == "echo":
        assert words[2:] == ["|", "kubectl", "apply", "-f", "-"]
        apply(directory, yaml.safe_dump(json.loads(words[1])))
        return
    assert words[0] == "kubectl"
    verb, kind, name = words[1], words[2].partition(".")[0], words[3]
    namespace = words[words.index("-n") + 1] if "-n" in words else ""
    if verb == "patch":
        text = json.loads(words[words.index("-p") + 1])
        changed = _each(directory, kind, namespace, name, lambda body: _patched(body, text))
    elif verb == "delete":
        changed = _each(directory, kind, namespace, name, lambda body: None)
    else:
        assert (verb, words[4][-1]) == ("label", "-")
        changed = _each(directory, kind, namespace, name, lambda body: _unlabelled(body, words[4].rstrip("-")))
    assert changed == 1, command


def _each(directory: Path, kind: str, namespace: str, name: str, change: Any) -> int:
    """Changes the object of that kind and name; how many there were."""
    found = 0
    for path in sorted(directory.glob("**/*.yaml")):
        bodies = [body for body in yaml.safe_load_all(path.read_text(encoding="utf-8")) if body]
        for number, body in enumerate(bodies):
            metadata = body["metadata"]
            own = "" if body["kind"] == "Namespace" or not namespace else metadata.get("namespace", "default")
            if (body["kind"].lower(), metadata["name"], own) == (kind, name, namespace):
                bodies[number] = change(body)
                found += 1
        path.write_text(yaml.safe_dump_all([body for body in bodies if body]), encoding="utf-8")
    return found


def _patched(body: Body, patch: Any) -> Body:
    if isinstance(patch, dict):
        return {
            **body,
            **{key: _patched(body.get(key, {}), v) if isinstance(v, dict) else v for key, v in patch.items()},
        }
    for step in patch:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
        node: Any = body
        for part in way:
            node = node[int(part)] if isinstance(node, list) else node[part]
        key: Any = int(last) if isinstance(node, list) else last
        if step["op"] == "remove":
            del node[key]
        elif step["op"] == "replace":
            assert key in node or isinstance(node, list), step  # RFC 6902, section 4.3
            node[key] = step["value"]
        elif isinstance(node, list):
            node.insert(key, step["value"])
        else:
            node[key] = step["value"]
    return body


def _unlabelled(body: Body, label: str) -> Body:
    del body["metadata"]["labels"][label]
    return body
