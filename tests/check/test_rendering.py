"""Programs that print manifests: the real ``kubectl kustomize``; for ``helm`` and failures small programs of the test.

``helm`` itself is in none of the registries that the tests may install from. Its stand-in is a real program on the PATH
that prints a template of the chart and the arguments it got, so that what is tested is how it is called.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from ringfence.check.config import Command, Helm, Kustomize, Rendering
from ringfence.check.rendering import render
from ringfence.model.errors import InputError
from ringfence.model.origin import Position

AT = Position("ringfence.yaml", 4, 3)
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


def program(directory: Path, name: str, text: str) -> Path:
    """A program in a directory."""
    directory.mkdir(exist_ok=True)
    file = directory / name
    file.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
    file.chmod(0o755)
    return file


def rendered(directory: Path, source: Kustomize | Helm | Command, timeout: int = 20) -> str:
    return render(Rendering(source, timeout, AT), directory).decode()


def failure(directory: Path, source: Kustomize | Helm | Command, timeout: int = 20) -> str:
    with pytest.raises(InputError) as error:
        rendered(directory, source, timeout)
    text = str(error.value)
    assert text.startswith("ringfence.yaml:4:3: ")
    return text


def overlay(directory: Path) -> None:
    """A kustomization that puts a policy into a namespace."""
    (directory / "overlay").mkdir()
    (directory / "overlay" / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: shop\nresources: [deny.yaml]\n",
        encoding="utf-8",
    )
    (directory / "overlay" / "deny.yaml").write_text(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}}\n",
        encoding="utf-8",
    )


@needs_kubectl
def test_kubectl_stands_in_for_kustomize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overlay(tmp_path)
    kubectl = shutil.which("kubectl")
    assert kubectl is not None
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "kubectl").symlink_to(kubectl)  # and no kustomize
    monkeypatch.setenv("PATH", str(tools))
    assert "namespace: shop" in rendered(tmp_path, Kustomize("overlay"))


@needs_kubectl
def test_what_the_tool_says_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overlay(tmp_path)
    (tmp_path / "overlay" / "deny.yaml").unlink()
    program(tmp_path / "tools", "kustomize", 'exec kubectl kustomize "$2"\n')
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}:{Path(str(shutil.which('kubectl'))).parent}")
    text = failure(tmp_path, Kustomize("overlay"))
    assert "kustomize overlay: kustomize failed with status 1:\n" in text
    assert "deny.yaml" in text


def test_helm_is_given_chart_values_and_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "tools", "helm", 'echo "$@"\n')
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    source = Helm("charts/web", ("a.yaml", "b.yaml"), "web", "shop")
    assert rendered(tmp_path, source) == (
        "template web charts/web --values a.yaml --values b.yaml --namespace shop\n"
    )  # fmt: skip


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    program(tmp_path, "print", 'printf "%s\\n" "$@"\n')
    assert rendered(tmp_path, Command(("./print", "$(touch x)", "; touch y"))) == "$(touch x)\n; touch y\n"
    assert {file.name for file in tmp_path.iterdir()} == {"print"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Kustomize("o"), "kustomize o can't be rendered: Neither kustomize nor kubectl is installed. Install it, or"),
        (Helm("c"), "helm c can't be rendered: helm is not installed."),
        (Command(("jsonnet", "x")), "jsonnet is not installed, or not on the PATH."),
        (Command(("./render",)), "command ./render: ./render can't be run: No such file or directory."),
    ],
)  # fmt: skip
def test_a_tool_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Kustomize | Helm | Command, message: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert message in failure(tmp_path, source)


def test_a_failure_shows_the_beginning_of_what_was_said(tmp_path: Path) -> None:
    program(tmp_path, "fail", 'i=0; while [ $i -lt 30 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 3\n')
    text = failure(tmp_path, Command(("./fail",)))
    assert "failed with status 3:\n  line 0\n" in text
    assert text.endswith("  line 11\n  … 18 more lines")


def test_nothing_printed_is_a_failure_and_no_empty_check(tmp_path: Path) -> None:
    program(tmp_path, "silent", "echo no template matched >&2\n")
    assert "./silent printed nothing:\n  no template matched" in failure(tmp_path, Command(("./silent",)))


def test_a_program_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    program(tmp_path, "hang", "sleep 60 & echo $! > child; wait\n")
    start = time.monotonic()
    assert "./hang didn't end within 1 s, and was stopped." in failure(tmp_path, Command(("./hang",)), timeout=1)
    assert time.monotonic() - start < 20
    child = int((tmp_path / "child").read_text(encoding="utf-8"))
    for _ in range(100):  # the kernel may take a moment to end what was killed
        if is_gone(child):
            return
        time.sleep(0.1)
    pytest.fail(f"process {child} still runs")


def is_gone(process: int) -> bool:
    """True where a process has ended, be it that nobody has asked for its status yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
