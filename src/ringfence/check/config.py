"""What ``ringfence.yaml`` says, as values.

``docs/reference/config.md`` is its page, ``docs/schemas/Config.json`` its schema. Paths are as they are written,
relative to the directory of the file.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from ringfence.diff import RiskKind
from ringfence.model.finding import Severity
from ringfence.model.origin import Position

API_VERSION = "ringfence.dev/v1"
KIND = "Config"
FILE_NAME = "ringfence.yaml"

DIFF_KINDS = ("added", "removed", "risk", "any")
"""What the difference to the base may fail on, as for ``ringfence diff --fail-on``."""


FLOW_KINDS = ("cut", "unsure", "unjudged", "opened")
"""What replayed traffic may fail on, as for ``ringfence replay --fail-on``."""


@dataclass(frozen=True, slots=True)
class PathEntry:
    """A file, a directory or a pattern (``*`` within a name, ``**`` over directories), and where it is written."""

    path: str
    at: Position = field(compare=False)


@dataclass(frozen=True, slots=True)
class Kustomize:
    """A directory with a kustomization."""

    directory: str


@dataclass(frozen=True, slots=True)
class Helm:
    """A chart, with the files of values, the release and its namespace."""

    chart: str
    values: tuple[str, ...] = ()
    release: str = "release"
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """Any program that prints manifests, with its arguments. No shell reads them."""

    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rendering:
    """Manifests that a program prints. ``timeout`` is in seconds."""

    source: Kustomize | Helm | Command
    timeout: int
    at: Position = field(compare=False)

    @property
    def name(self) -> str:
        """How it is shown: ``kustomize overlays/prod``."""
        match self.source:
            case Kustomize(directory):
                return f"kustomize {directory}"
            case Helm(chart):
                return f"helm {chart}"
            case Command(arguments):
                return f"command {arguments[0]}"


@dataclass(frozen=True, slots=True)
class LintConfig:
    """Which lint rules run, and which of their findings are shown."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Severity = Severity.WARNING
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailOn:
    """What the check fails on. ``lint`` is the least severity, ``None`` for never."""

    lint: Severity | None = Severity.WARNING
    tests: bool = True
    diff: tuple[str, ...] = ("risk",)
    flows: tuple[str, ...] = ("cut",)


@dataclass(frozen=True, slots=True)
class Approval:
    """A risk that is meant: the check doesn't fail on it. ``until`` is the last day that it holds.

    ``subject`` is the risk's, as ``ringfence diff -o json`` names it.
    """

    risk: RiskKind
    subject: str
    reason: str
    owner: str = ""
    until: dt.date | None = None
    at: Position = field(default=Position(""), compare=False)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file. ``file`` is its path as it was given; an empty tuple or text is a part that isn't configured."""

    file: str
    policies: tuple[PathEntry, ...] = ()
    render: tuple[Rendering, ...] = ()
    cluster: tuple[PathEntry, ...] = ()
    keep_cluster_policies: bool = False
    tests: tuple[PathEntry, ...] = ()
    base: str = ""
    baseline: PathEntry | None = None
    cni: str = "auto"
    resolve: PathEntry | None = None
    staged: bool = False
    flows: PathEntry | None = None
    owner_label: str = ""
    lint: LintConfig = LintConfig()
    fail_on: FailOn = FailOn()
    approved: tuple[Approval, ...] = ()
