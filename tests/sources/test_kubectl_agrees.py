"""kubectl as the oracle for scalars, keys, tags, merges and aliases."""

from __future__ import annotations

import json
import shutil
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from ringfence.sources.limits import Limits
from ringfence.sources.yaml_builder import YamlBuilder, YamlError
from tests.sources.test_scalars import STRINGS, VALUES

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

_HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, annotations: {a: b}}\n"


def kubectl(text: str, directory: Path) -> Any:
    """What kubectl reads in a document, or ``None`` where it refuses it. Numbers keep their JSON text."""
    file = directory / "x.yaml"
    file.write_text(_HEAD + text, encoding="utf-8")
    done = subprocess.run(
        ["kubectl", "annotate", "--local", "--overwrite", "-f", file, "a=b", "-o", "json"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return json.loads(done.stdout, parse_int=_number) if done.returncode == 0 else None


def _number(text: str) -> int | float:
    """An integer beyond 64 bits is a float to kubectl, which writes some of them without an exponent."""
    return int(text) if -(1 << 63) <= int(text) < 1 << 63 else float(text)


def ours(text: str) -> Any:
    """What Ringfence reads in it, or ``None``."""
    try:
        return next(YamlBuilder(Limits()).documents((_HEAD + text).encode())).value
    except YamlError:
        return None


def test_all_scalars_at_once(tmp_path: Path) -> None:
    lines = "".join(f"- {text}\n" for text in [*STRINGS, *(text for text, _ in VALUES)])
    assert ours(f"data:\n{lines}") == kubectl(f"data:\n{lines}", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "data: {1: a, true: b, 1.5: c, 0x10: d, yes: e, 2001-01-01: f}",
        "data: {~: a}",
        "base: &b {a: 1, c: 3}\ndata:\n  <<: *b\n  a: 2",
        "base: &b {a: 1, c: 3}\ndata:\n  a: 2\n  <<: *b",
        "b1: &b {a: 1, c: 3}\nb2: &d {a: 5, d: 7}\ndata:\n  <<: [*b, *d]\n  z: 2",
        "b1: &b {a: 1, c: 3}\nb2: &d {<<: *b, d: 7}\ndata:\n  <<: *d\n  c: 2",
        "data:\n  <<: {a: 1}\n  <<: {a: 2, b: 3}",
        'data:\n  "<<": {a: 1}',
        "data:\n  !!merge <<: {a: 1}",
        "data:\n  <<: 3",
        "data:\n  <<: [1]",
        "data:\n  <<: null",
        "data:\n  ? [a, b]\n  : c",
        "data:\n  ? {a: b}\n  : c",
        "data: &a\n  x: *a",
        "data:\n  x: *nope",
        "data: {<<: {a: 1}, b: &x <<, *x : {c: 1}}",
        "data: !!set {a, b}",
        "data: !!int {a: b}",
        "data: !foo {a: !bar [x], b: !baz 1}",
        'data: {a: ! "", b: !!str , c: !<tag:yaml.org,2002:int> "7", ! 3: d, !!int "1": e}',
        "data:\n  a: |\n    yes\n  b: >-\n    1\n",
        "data: {a: .inf}",
        "data: [1, 2",
        "data:\n\ta: 1",
        'data: {a: "\\ud800"}',
        "data: {a: &x yes, *x : b}",
    ],
)
def test_a_document_reads_as_kubectl_reads_it(text: str, tmp_path: Path) -> None:
    expected = kubectl(textwrap.dedent(text), tmp_path)
    assert ours(text) == expected
