"""Real git repositories with a cluster, policies, and a change of them on a branch."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ringfence.snapshot import make

ROOT = Path(__file__).parents[2]

CLUSTER = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: data}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: data, labels: {app: db}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 5432}]}]}
status: {phase: Running, podIP: 10.0.0.2}
"""

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}
    ports: [{port: 5432}]
"""

OPEN = POLICY.replace(
    "  - from:\n    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}\n    ports", "  - ports"
)
"""The database, open to the whole world."""

SAME = POLICY.replace("ports: [{port: 5432}]", "ports:\n    - port: 5432\n      protocol: TCP")
"""The same policy, written otherwise."""

CONFIG = """\
apiVersion: ringfence.dev/v1
kind: Config
policies: policies
cluster: cluster.yaml
base: origin/main
failOn: {lint: never, diff: risk}
"""


def environment(**more: str) -> dict[str, str]:
    """The environment of a clean machine, with this environment's programs first on the PATH."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG") or name.startswith("PIP_")}
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        git |= {f"GIT_{role}_NAME": "A", f"GIT_{role}_EMAIL": "a@example.com", f"GIT_{role}_DATE": "2026-01-01T00:00Z"}
    return {**kept, **git, "PATH": path, **more}


def git(directory: Path, *arguments: str) -> str:
    """What git prints; a failure fails the test."""
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=directory, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(directory: Path, message: str, **files: str) -> str:
    """Writes files (``policies_db`` is ``policies/db.yaml``), commits them, and returns the commit's name."""
    for name, text in files.items():
        path = directory / f"{name.replace('_', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", message)
    return git(directory, "rev-parse", "HEAD")


@dataclass(frozen=True)
class PullRequest:
    """A clone as a CI job finds it: the merge of a pull request, with nothing before it (``fetch-depth: 1``)."""

    directory: Path
    base: str


def pull_request(tmp_path: Path, changed: str, *, depth: int = 1, archive: bool = False) -> PullRequest:
    """A pull request that changes the policy of the database; ``archive`` keeps the cluster as a snapshot."""
    upstream = tmp_path / "upstream"
    upstream.mkdir()
    git(upstream, "init", "--quiet", "--initial-branch=main")
    git(upstream, "config", "uploadpack.allowAnySHA1InWant", "true")
    if archive:
        data = make(["-"], version="1", stdin=io.BytesIO(f"{CLUSTER}---\n{POLICY}".encode())).data
        (upstream / "cluster.tar.gz").write_bytes(data)
        commit(upstream, "Begin", policies_db=POLICY, ringfence=CONFIG.replace("cluster.yaml", "cluster.tar.gz"))
    else:
        commit(upstream, "Begin", cluster=CLUSTER, policies_db=POLICY, ringfence=CONFIG)
    git(upstream, "checkout", "--quiet", "-b", "change")
    commit(upstream, "Change", policies_db=changed)
    git(upstream, "checkout", "--quiet", "main")
    other = POLICY.replace("name: db", "name: other").replace("app: db", "app: x")
    base = commit(upstream, "Go on", policies_other=other)
    git(upstream, "checkout", "--quiet", "-b", "merge")
    git(upstream, "merge", "--quiet", "--no-ff", "--message", "Merge", "change")
    git(upstream, "checkout", "--quiet", "main")
    clone = tmp_path / "clone"
    depths = ("--depth", str(depth)) if depth else ()
    git(tmp_path, "clone", "--quiet", *depths, "--single-branch", "--branch", "merge", f"file://{upstream}", str(clone))
    return PullRequest(clone, base)


def copy_of_ringfence(directory: Path) -> Path:
    """A git repository with what an installation of Ringfence needs, as a user of the hooks would clone it."""
    directory.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "action.yml"):
        shutil.copy(ROOT / name, directory / name)
    for name in ("src", "examples/shop"):
        shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
    git(directory, "init", "--quiet", "--initial-branch=main")
    commit(directory, "Ringfence")
    return directory
