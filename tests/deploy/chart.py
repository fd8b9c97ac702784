"""The chart rendered by Helm itself: its own library in ``helm-python-sdk``, in a process of its own.

Go's runtime takes over signals of the process that it is loaded into, so tests don't load it into theirs.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

Object = dict[str, Any]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "chart" / "ringfence"

_RENDER = """
import json, sys
import helm_python as helm
asked = json.load(sys.stdin)
try:
    with helm.Chart.load(asked["chart"]) as chart:
        texts = chart.render(asked["values"], name=asked["name"], namespace=asked["namespace"])
    print(json.dumps({"texts": texts}))
except helm.HelmError as error:
    print(json.dumps({"failed": str(error)}))
"""

_LINT = """
import json, sys
import helm_python as helm
asked = json.load(sys.stdin)
print(json.dumps(helm.lint(asked["chart"], asked["values"], strict=True)))
"""


class RenderError(Exception):
    """Helm refuses the values; the message is its own."""


def _helm(program: str, values: str, name: str = "", namespace: str = "") -> dict[str, Any]:
    if importlib.util.find_spec("helm_python") is None:
        pytest.skip("helm-python-sdk, which renders the chart, is installed on Linux with x86-64 only")
    asked = {"chart": str(CHART), "values": json.loads(values), "name": name, "namespace": namespace}
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@functools.cache
def _texts(values: str, name: str, namespace: str) -> dict[str, str]:
    answer = _helm(_RENDER, values, name, namespace)
    if "failed" in answer:
        raise RenderError(answer["failed"])
    return {path.rpartition("/")[2]: text for path, text in answer["texts"].items()}


def texts(values: Object | None = None, *, name: str = "ringfence", namespace: str = "ringfence") -> dict[str, str]:
    """What each template becomes, by the template's file name.

    Raises:
        RenderError: Helm refuses the values.
    """
    return _texts(json.dumps(values or {}, sort_keys=True), name, namespace)


def objects(values: Object | None = None, *, name: str = "ringfence", namespace: str = "ringfence") -> list[Object]:
    """The objects that would be installed.

    Raises:
        RenderError: Helm refuses the values.
    """
    rendered = texts(values, name=name, namespace=namespace)
    found = (yaml.safe_load_all(text) for path, text in rendered.items() if path.endswith(".yaml"))
    return [each for documents in found for each in documents if each]


def one(kind: str, values: Object | None = None) -> Object:
    """The only object of a kind."""
    (found,) = (each for each in objects(values) if each["kind"] == kind)
    return found


def lint(values: Object | None = None) -> list[dict[str, Any]]:
    """What ``helm lint --strict`` says: path, severity (1 is information, 2 a warning, 3 an error) and text."""
    messages: list[dict[str, Any]] = _helm(_LINT, json.dumps(values or {}))["messages"]
    return messages
