"""From the text of ``ringfence.yaml`` to :class:`~ringfence.check.config.Config`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ringfence.check.config import (
    API_VERSION,
    DIFF_KINDS,
    FILE_NAME,
    FLOW_KINDS,
    KIND,
    Approval,
    Command,
    Config,
    FailOn,
    Helm,
    Kustomize,
    LintConfig,
    PathEntry,
    Rendering,
)
from ringfence.check.fields import Fields, read_fields
from ringfence.diff import RiskKind
from ringfence.lint.registry import choose
from ringfence.model.errors import InputError, QueryError
from ringfence.model.finding import Severity

_SEVERITIES = ("error", "warning", "note")
_TIMEOUT = 60
_LONGEST = 3600


def find_config(start: Path) -> str:
    """The path of ``ringfence.yaml`` in this directory or the nearest one above it, relative to it where it is in it.

    Raises:
        InputError: there is none.
    """
    for directory in (start, *start.parents):
        if (directory / FILE_NAME).is_file():
            return FILE_NAME if directory == start else str(directory / FILE_NAME)
    raise InputError(
        f"There is no {FILE_NAME} here or above. Write one (docs/reference/config.md), or name it with --config."
    )


def read_config(path: str) -> Config:
    """The configuration in a file.

    Raises:
        InputError: it can't be read, or says something that isn't understood; the message begins with the place.
    """
    return config_of(read_fields(path), path)


def config_of(fields: Fields, path: str) -> Config:
    """The configuration in the fields of a file; ``path`` is the file's.

    Raises:
        InputError: it says something that isn't understood; the message begins with the place.
    """
    fields.choice("apiVersion", (API_VERSION,), needed=True)
    fields.choice("kind", (KIND,), needed=True)
    config = Config(
        path,
        policies=tuple(_paths(fields, "policies")),
        render=tuple(_rendering(each) for each in fields.items("render")),
        cluster=tuple(_paths(fields, "cluster")),
        keep_cluster_policies=fields.choice("clusterPolicies", ("keep", "ignore"), "ignore") == "keep",
        tests=tuple(_paths(fields, "tests")),
        base=_base(fields),
        baseline=next(_paths(fields, "baseline"), None),
        cni=fields.choice("cni", ("auto", "generic", "cilium", "calico"), "auto"),
        resolve=next(_paths(fields, "resolve"), None),
        staged=fields.truth("staged"),
        flows=next(_paths(fields, "flows"), None),
        owner_label=_owner_label(fields.inner("owners")),
        lint=_lint(fields.inner("lint")),
        fail_on=_fail_on(fields.inner("failOn")),
        approved=tuple(_approval(each) for each in fields.items("approved")),
    )
    fields.end()
    return config


def _paths(fields: Fields, key: str) -> Iterator[PathEntry]:
    for path, at in fields.placed_texts(key):
        if Path(path).is_absolute() or ".." in Path(path).parts:
            raise InputError(f"{at}: {path} leads out of the directory of {FILE_NAME}. Name something below it.")
        yield PathEntry(path.rstrip("/") or ".", at)


def _base(fields: Fields) -> str:
    base = fields.text("base")
    if base.startswith("-"):
        raise fields.error("base", f"{base!r} is no git revision")
    return base


def _owner_label(fields: Fields | None) -> str:
    if fields is None:
        return ""
    label = fields.text("label")
    fields.end()
    if not label:
        raise fields.missing("label")
    return label


def _rendering(fields: Fields) -> Rendering:
    at = fields.at()
    timeout = fields.number("timeout", _TIMEOUT, 1, _LONGEST)
    given = [key for key in ("kustomize", "helm", "command") if fields.has(key)]
    if len(given) != 1:
        fields.end()
        raise InputError(f"{at}: An entry of render has one of kustomize, helm and command; this has {len(given)}.")
    source: Kustomize | Helm | Command
    if given == ["command"]:
        source = Command(fields.texts("command"))
        if not source.arguments:
            raise fields.error("command", "the command is empty: write it as a list, the program first")
    elif given == ["kustomize"]:
        source = Kustomize(_below(fields, "kustomize"))
    else:
        source = _helm(fields)
    fields.end()
    return Rendering(source, timeout, at)


def _helm(fields: Fields) -> Helm:
    if fields.is_text("helm"):
        return Helm(_below(fields, "helm"))
    helm = fields.inner("helm")
    assert helm is not None  # it is the key that was given  # noqa: S101
    chart = _below(helm, "chart")
    values = tuple(entry.path for entry in _paths(helm, "values"))
    found = Helm(chart, values, helm.text("release", "release"), helm.text("namespace"))
    for key, text in (("release", found.release), ("namespace", found.namespace)):
        if text.startswith("-"):
            raise helm.error(key, f"{text!r} would be read as an option")
    helm.end()
    return found


def _below(fields: Fields, key: str) -> str:
    """A directory below the file's own. It follows an option's dash nowhere, so that no tool takes it for one."""
    entry = next(_paths(fields, key), None)
    if entry is None:
        raise InputError(f"{fields.at()}: {key} is missing.")
    if entry.path.startswith("-"):
        raise fields.error(key, f"{entry.path!r} would be read as an option: write ./{entry.path}")
    return entry.path


def _lint(fields: Fields | None) -> LintConfig:
    if fields is None:
        return LintConfig()
    found = LintConfig(
        select=fields.texts("select"),
        ignore=fields.texts("ignore"),
        severity=Severity[fields.choice("severity", _SEVERITIES, "warning").upper()],
        annotations=fields.texts("requireAnnotations"),
    )
    for key, names in (("select", found.select), ("ignore", found.ignore)):
        for index, name in enumerate(names):
            try:
                choose((name,))
            except QueryError as error:
                raise InputError(f"{fields.at(key, index)}: {error}") from None
    fields.end()
    return found


def _fail_on(fields: Fields | None) -> FailOn:
    if fields is None:
        return FailOn()
    lint = fields.choice("lint", (*_SEVERITIES, "never"), "warning")
    tests = fields.choice("tests", ("failed", "never"), "failed")
    diff = fields.choices("diff", (*DIFF_KINDS, "never")) if fields.has("diff") else ("risk",)
    if "never" in diff and len(diff) > 1:
        raise fields.error("diff", "never stands alone")
    flows = fields.choices("flows", (*FLOW_KINDS, "never")) if fields.has("flows") else ("cut",)
    if "never" in flows and len(flows) > 1:
        raise fields.error("flows", "never stands alone")
    fields.end()
    return FailOn(
        None if lint == "never" else Severity[lint.upper()],
        tests == "failed",
        () if "never" in diff else diff,
        () if "never" in flows else flows,
    )


def _approval(fields: Fields) -> Approval:
    found = Approval(
        RiskKind(fields.choice("risk", [str(kind) for kind in RiskKind], needed=True)),
        fields.text("subject", needed=True),
        fields.text("reason", needed=True),
        fields.text("owner"),
        fields.date("until"),
        fields.at(),
    )
    fields.end()
    return found
