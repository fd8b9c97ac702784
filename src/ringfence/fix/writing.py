"""A fix put into the user's files: the new text of each file, to be shown as a difference and then written."""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ringfence.fix.yaml_documents import EditError, Found, Window, object_at, window, without_document
from ringfence.fix.yaml_dump import document
from ringfence.fix.yaml_text import edit_document
from ringfence.model.errors import RingfenceError
from ringfence.model.objects import Snapshot
from ringfence.model.origin import ObjectRef, Origin
from ringfence.model.patch import Edit, EditOp, Patch

_ENDINGS = (".yaml", ".yml")


class WriteError(RingfenceError):
    """A fix can't be written into the files that the input was read from; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file before and after; ``before`` is empty for a new file. Line ends are as in the file."""

    path: str
    before: str
    after: str

    def difference(self) -> str:
        """The unified difference, as ``diff -u`` prints it."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), self.path, self.path
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def write(self) -> None:
        """Puts the new text in place of the old at once: a reader sees one or the other. Keeps the file's mode.

        Raises:
            WriteError: the file can't be written, or has changed since it was read.
        """
        target = Path(self.path)
        try:
            if (_text_of(target) if target.exists() else "") != self.before:
                raise WriteError(f"{self.path} has changed since it was read: ask again.")
            target = target.resolve()
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(self.after.encode())
                if target.exists():
                    Path(name).chmod(target.stat().st_mode & 0o7777)
                Path(name).replace(target)
            except OSError:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise WriteError(f"{self.path}: {error.strerror or error}.") from None


def changes(patches: Iterable[Patch], snapshot: Snapshot) -> tuple[FileChange, ...]:
    """What writing the patches does to the files that ``snapshot`` was read from.

    An edited object is edited where it stands; a new one is put at the end of the file that holds the nearest policy.

    Raises:
        WriteError: an object is in no YAML file that can be edited.
    """
    texts: dict[str, str] = {}
    befores: dict[str, str] = {}
    for patch in _moves_as_edits(tuple(patches)):
        path = _home(patch, snapshot) if patch.manifest is not None else _holder(patch, snapshot)
        if path not in texts:
            texts[path] = befores[path] = _read(path)
        if patch.manifest is not None:
            texts[path] = _appended(texts[path], patch.manifest)
        else:
            texts[path] = _edited(texts[path], patch, path)
    return tuple(FileChange(path, befores[path], text) for path, text in texts.items())


def added(patches: Iterable[Patch], path: Path) -> FileChange:
    """What putting new objects into a file does to it: behind what is there, or into a new file.

    Raises:
        WriteError: the file is there and can't be read, or its directory is not.
    """
    if not path.parent.is_dir():
        raise WriteError(f"{path.parent} is no directory.")
    before = _read(str(path)) if path.exists() else ""
    text = before
    for patch in patches:
        manifest = document(patch.manifest or {})
        text = _appended(text, patch.manifest or {}) if text else manifest
    return FileChange(str(path), before, text)


def _moves_as_edits(patches: tuple[Patch, ...]) -> Iterator[Patch]:
    """The patches, with an object that goes and comes back in another namespace as one edit, which keeps comments."""
    gone = {(patch.target.kind, patch.target.name): patch for patch in patches if patch.delete}
    moved = set()
    for patch in patches:
        before = gone.get((patch.target.kind, patch.target.name))
        if patch.manifest is not None and before is not None and before.target.namespace != patch.target.namespace:
            moved.add(before)
            edit = Edit(EditOp.ADD, ("metadata", "namespace"), patch.target.namespace)
            yield Patch(before.title, before.target, (edit,), origin=before.origin)
    replaced = {(patch.target.kind, patch.target.name) for patch in moved}
    yield from (patch for patch in patches if (patch.target.kind, patch.target.name) not in replaced)


def _edited(text: str, patch: Patch, path: str) -> str:
    try:
        near, found = _found(text, patch)
        if found is None:
            return text
        number, prefix, _ = found
        part = text[near.start : near.end]
        if not patch.delete:
            part = edit_document(part, number, prefix, patch.edits)
        elif not prefix:
            part = without_document(part, number)
        else:
            part = edit_document(part, number, (), (Edit(EditOp.REMOVE, prefix),))
    except EditError as error:
        raise WriteError(f"{path} can't be edited in place: {error}. Use -o kubectl or -o manifest.") from None
    return text[: near.start] + part + text[near.end :]


def _found(text: str, patch: Patch) -> tuple[Window, Found | None]:
    """The object of a patch, and the part of the text that it was found in: near its line, else anywhere.

    Raises:
        EditError: the text is not YAML.
    """
    line = patch.origin.position.line
    near = window(text, line)
    part = text[near.start : near.end]
    found = None
    with contextlib.suppress(EditError):
        found = object_at(part, lambda body: _is_object(body, patch.target), line - near.skipped if line else 0)
    if found is None:  # edits before this one may have moved it
        near = Window(0, len(text), 0)
        found = object_at(text, lambda body: _is_object(body, patch.target))
    return near, found


def _appended(text: str, manifest: Mapping[str, Any]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    lead = "" if not text or text.endswith("\n") else newline
    return text + lead + f"---\n{document(manifest)}".replace("\n", newline)


def _holder(patch: Patch, snapshot: Snapshot) -> str:
    """The file that holds the object to edit."""
    own = patch.origin.position.file
    for path in dict.fromkeys(chain((own,) if own else (), _files(snapshot))):
        if not _is_editable(path):
            continue
        with contextlib.suppress(EditError, WriteError):
            if _found(_read(path), patch)[1] is not None:
                return path
    reason = _unfit(own) if own and not _is_editable(own) else "no YAML file of the input holds it"
    raise WriteError(f"{patch.target} can't be edited in place: {reason}. Use -o kubectl or -o manifest.")


def _home(patch: Patch, snapshot: Snapshot) -> str:
    """The file for a new object: that of a policy of the same kind and namespace, else of the namespace's objects."""
    near = [raw for raw in snapshot.policies if raw.ref.namespace == patch.target.namespace]
    near.sort(key=lambda raw: raw.ref.kind != patch.target.kind)
    places = [raw.origin().position.file for raw in near]
    if patch.target.namespace:
        places += [pod.origin.position.file for pod in snapshot.pods if pod.namespace == patch.target.namespace]
    for path in dict.fromkeys(places):
        if _is_editable(path):
            return path
    raise WriteError(f"There is no YAML file to put {patch.target} into. Use -o manifest, and redirect it to a file.")


def _files(snapshot: Snapshot) -> Iterator[str]:
    """The files of the input, looked up only as far as they are asked for."""
    found: Iterable[Origin] = chain(
        (raw.origin() for raw in snapshot.policies),
        (pod.origin for pod in snapshot.pods),
        (space.origin for space in snapshot.namespaces.values()),
        (service.origin for service in snapshot.services),
    )
    yield from dict.fromkeys(origin.position.file for origin in found if origin.position.file)


def _is_editable(path: str) -> bool:
    return path.lower().endswith(_ENDINGS) and Path(path).is_file()


def _unfit(path: str) -> str:
    if path.lower().endswith(".json"):
        return f"{path} is JSON, most likely a dump that nobody keeps"
    return f"{path} is no YAML file on disk"


def _read(path: str) -> str:
    try:
        return _text_of(Path(path))
    except OSError as error:
        raise WriteError(f"{path}: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise WriteError(f"{path} is not UTF-8, and can't be edited in place.") from None


def _text_of(path: Path) -> str:
    return path.read_bytes().decode()


def _is_object(body: Mapping[str, Any], ref: ObjectRef) -> bool:
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or body.get("kind") != ref.kind or metadata.get("name") != ref.name:
        return False
    if str(body.get("apiVersion", "")).partition("/")[0] != ref.api_version.partition("/")[0]:
        return False
    return not ref.namespace or (metadata.get("namespace") or "default") == ref.namespace
