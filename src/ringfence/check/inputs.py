"""The cluster under the policies of the work tree, and the same cluster under those of the base."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ringfence.check.config import Config, Helm, Kustomize, PathEntry, Rendering
from ringfence.check.config_file import config_of
from ringfence.check.fields import parse_fields
from ringfence.check.patterns import existing, matches
from ringfence.check.promises import read_suites
from ringfence.check.rendering import render
from ringfence.check.repository import Base, Repository
from ringfence.model.errors import InputError
from ringfence.model.finding import Severity
from ringfence.model.objects import RawObject, Snapshot
from ringfence.sources import git, load_snapshot
from ringfence.sources.inputs import shown
from ringfence.testing.suite import Suite

RENDERED = "rendered"
"""How places in what a program printed are shown: ``rendered/kustomize overlays/prod.yaml:12``."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is read before anything is judged. ``notes`` are sentences.

    ``root`` is the root of the repository, or empty.
    """

    snapshot: Snapshot
    base_snapshot: Snapshot | None
    base: Base | None
    suites: tuple[Suite, ...] | None
    notes: tuple[str, ...] = ()
    root: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """Policies from the command line in place of those configured, such as the output of ``helm template``.

    A path is a file, a directory, an archive or ``-`` for ``stdin``; an empty ``base`` leaves the difference out.
    """

    policies: str
    base: str = ""
    stdin: BinaryIO | None = None


def read_inputs(config: Config, revision: str, given: Given | None = None, *, allow_dirty: bool = False) -> Inputs:
    """Reads everything that the configuration names. ``revision`` is the base, or empty.

    A difference to a base is one of commits: files that are not committed are refused, unless ``allow_dirty``.

    Raises:
        InputError: something that is named can't be read, isn't there, or isn't committed.
    """
    directory = Path(config.file).parent
    base: Base | None = None
    before: Snapshot | None = None
    notes: list[str] = []
    if given is not None:
        policies = load_snapshot([given.policies], stdin=given.stdin)
        if given.base:
            base, before = Base(given.base), load_snapshot([given.base], stdin=given.stdin)
    else:
        policies = _head(config, directory)
        if revision:
            base, before, notes = _earlier(config, directory, revision, allow_dirty=allow_dirty)
    if config.cluster:
        cluster = load_snapshot(_paths(config.cluster, directory))
        notes += _cluster_notes(config, cluster, policies, before)
        kept = _kept(config, cluster, policies, before)
        policies = _under(cluster, policies, kept)
        before = _under(cluster, before, kept) if before is not None else None
    suites = read_suites(config, _paths(config.tests, directory)) if config.tests else None
    return Inputs(policies, before, base, suites, tuple(notes), _root(directory))


def _earlier(config: Config, directory: Path, revision: str, *, allow_dirty: bool) -> tuple[Base, Snapshot, list[str]]:
    """The base, its policies, and what to say about both."""
    repository = Repository.of(str(directory))
    base = repository.base(revision)
    notes = [*base.notes, *_uncommitted(repository, config, allowed=allow_dirty)]
    before = _base(_base_config(config, repository, base, notes), repository, base, notes)
    if not before.policies:
        notes.append(f"{base.name} has no policy in these places: every policy counts as new.")
    return base, before, notes


def _root(directory: Path) -> str:
    try:
        return Repository.of(str(directory)).root
    except InputError:
        return ""


def _paths(entries: Iterable[PathEntry], directory: Path) -> list[str]:
    """The paths as they are opened and shown: from the current directory."""
    return [str(directory / path) for path in existing(entries, directory)]


# ---- the work tree ------------------------------------------------------------------------------------------------


def _head(config: Config, directory: Path) -> Snapshot:
    if not config.policies and not config.render:
        raise InputError(f"{config.file}: Nothing says where the policies are: add policies or render.")
    paths = _paths(config.policies, directory)
    if not config.render:
        return load_snapshot(paths)
    packed = io.BytesIO(_packed(_rendered(config, directory, "")))
    return load_snapshot([*paths, "-"], stdin=packed, stdin_name=RENDERED)


def _rendered(config: Config, directory: Path, where: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for each in config.render:
        name, number = each.name, 1
        while f"{name}.yaml" in found:
            number += 1
            name = f"{each.name} ({number})"
        found[f"{name}.yaml"] = render(each, directory, where)
    return found


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _uncommitted(repository: Repository, config: Config, *, allowed: bool) -> list[str]:
    """What to say of a dirty work tree, which is checked as it stands where that is asked for.

    Raises:
        InputError: a file is not committed, and that isn't allowed.
    """
    paths = [entry.path for entry in (*config.policies, *config.cluster, *config.tests)]
    for rendering in config.render:
        match rendering.source:
            case Kustomize(directory):
                paths.append(directory)
            case Helm(chart, values):
                paths += (chart, *values)
            case _:
                paths.append(".")
    files = repository.uncommitted(paths)
    if not files:
        return []
    one = len(files) == 1
    what = f"{shown(files[0])} is" if one else f"{shown(files[0])} and {len(files) - 1} more files are"
    if not allowed:
        commit = "Commit it" if one else "Commit them"
        raise InputError(
            f"{what} not committed, so no revision has what would be checked. {commit}, or check the work tree as it"
            " stands with --allow-dirty."
        )
    return [f"{what} not committed, and checked as {'it stands' if one else 'they stand'} in the work tree."]


# ---- the base -------------------------------------------------------------------------------------------------------


def _base_config(config: Config, repository: Repository, base: Base, notes: list[str]) -> Config:
    """The base's own configuration, which says where its policies are: files may be moved, or rendered otherwise."""
    name = Path(config.file).name
    text = repository.file(base, name)
    if text is None:
        return config
    try:
        return config_of(parse_fields(text, f"{base.name}/{name}"), config.file)
    except InputError as error:
        notes.append(f"The policies of {base.name} are looked for where they are today: {error}")
        return config


def _base(config: Config, repository: Repository, base: Base, notes: list[str]) -> Snapshot:
    entries = [entry for entry in repository.entries(base) if matches(config.policies, entry.path)]
    with repository.checked_out(base) if config.render else nullcontext(Path()) as directory:
        there = tuple(each for each in config.render if _is_there(each, directory))
        notes += [f"{base.name} has no {shown(each.name)}." for each in config.render if each not in there]
        rendered = _rendered(replace(config, render=there), directory, f" of {base.name}")
    if not entries and not rendered:
        return Snapshot()
    packed = git.archive(entries, base.name, directory=repository.directory or None, more=rendered)
    try:
        return load_snapshot(["-"], stdin=io.BytesIO(packed), stdin_name=base.name)
    except InputError as error:
        if any(finding.severity is Severity.ERROR for finding in error.findings):
            raise
        return Snapshot()  # there are files, and no object in them


def _is_there(rendering: Rendering, directory: Path) -> bool:
    """Whether a commit has what is rendered: an overlay or a chart may be new."""
    match rendering.source:
        case Kustomize(path) | Helm(path):
            return (directory / path).exists()
        case _:
            return True


# ---- the cluster ----------------------------------------------------------------------------------------------------


def _kept(config: Config, cluster: Snapshot, *states: Snapshot | None) -> tuple[RawObject, ...]:
    """The cluster's own policies that stay: those that the repository holds on neither side."""
    if not config.keep_cluster_policies:
        return ()
    known = {raw.ref for state in states if state is not None for raw in state.policies}
    return tuple(raw for raw in cluster.policies if raw.ref not in known)


def _under(cluster: Snapshot, policies: Snapshot, kept: tuple[RawObject, ...]) -> Snapshot:
    """The cluster with these policies. What the policies' files say of pods and namespaces is no news here."""
    problems = [finding for finding in policies.findings if finding.severity > Severity.NOTE]
    return replace(cluster, policies=(*policies.policies, *kept), findings=(*cluster.findings, *problems))


def _cluster_notes(config: Config, cluster: Snapshot, policies: Snapshot, before: Snapshot | None) -> list[str]:
    notes = []
    known = {raw.ref for state in (policies, before) if state is not None for raw in state.policies}
    others = [raw for raw in cluster.policies if raw.ref not in known]
    if others and not config.keep_cluster_policies:
        number = "1 policy" if len(others) == 1 else f"{len(others)} policies"
        notes.append(
            f"{number} of the cluster snapshot that the repository doesn't hold "
            f"{'is' if len(others) == 1 else 'are'} left out, such as {others[0].ref}. "
            "clusterPolicies: keep takes them in."
        )
    if policies.pods:
        notes.append("Pods and workloads beside the policies are left out: those of the cluster snapshot count.")
    return notes
