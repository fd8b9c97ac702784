"""Rules about documents start without what they don't need: the start is most of the time of a small input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lint.linting import pod, policy

PROGRAM = """
import sys
from ringfence.cli import main
try:
    main(["lint", *sys.argv[1:]])
except SystemExit:
    pass
costly = ("numpy", "ringfence.engine", "ringfence.survey", "tarfile", "gzip", "socket", "yaml")
costly += ("ringfence.sources.json_reader", "ringfence.dialects.cilium.policy", "ringfence.dialects.calico.policy")
print(*(name for name in costly if name in sys.modules))
"""


def imported(manifests: Path, *options: str) -> list[str]:
    """Those of the costly modules that a run imports."""
    command = [sys.executable, "-c", PROGRAM, str(manifests), *options]
    # Measuring the coverage of the process would import modules of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS")}
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return result.stdout.splitlines()[-1].split()


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    file = tmp_path / "shop.yaml"
    file.write_text(pod("shop/web", "app: web") + policy("shop/web", "podSelector: {matchLabels: {app: web}}"))
    return file


def test_rules_about_documents_start_without_the_engine_and_archives(manifests: Path) -> None:
    assert imported(manifests, "--select", "RF0,RF1,RF210") == ["yaml"]


BLOCKS = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  podSelector: {}
  ingress:
  - from:
    - ipBlock:
        cidr: 192.0.2.0/24
"""


def test_documents_in_block_style_need_no_parser(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(BLOCKS)
    assert imported(file, "--select", "RF0,RF1,RF210") == []


def test_rules_about_what_is_allowed_bring_the_engine(manifests: Path) -> None:
    assert "ringfence.engine" in imported(manifests, "--select", "RF201")
