"""What ``snapshot`` says of the archive that it wrote: a summary for people, and a SnapshotReport."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ringfence.render import json_values
from ringfence.render.lines import count
from ringfence.snapshot import Archive


def summary(archive: Archive, out: str) -> Iterator[str]:
    """What is in the archive and what is not, for stderr."""
    about = archive.about
    yield f"{out}: {_size(len(archive.data))}, {_kinds(about['contents'])}."
    if archive.texts:
        yield f"As written, with comments: {count(archive.texts, 'policy')}."
    yield f"Kept in place of texts: {count(len(about['references']), 'reference')} to Services, without the text."
    yield "Never kept: Secrets, variables, commands, arguments, ConfigMaps, images."
    left = about["leftOut"]
    if left["objects"]:
        yield f"Left out: {_kinds(left['objects'])}."
    if left["annotations"]:
        hint = "" if about["annotations"] == "kept" else "; --annotations keeps them"
        yield f"Left out: {count(left['annotations'], 'annotation')}{hint}."
    yield "Names, labels and addresses are those of the cluster: look before you publish it."


def document(archive: Archive, out: str) -> str:
    """The SnapshotReport, indented."""
    report = json_values.document(
        "SnapshotReport",
        out=out,
        bytes=len(archive.data),
        files=list(archive.files),
        policiesAsWritten=archive.texts,
        snapshot=archive.about,
        findings=json_values.findings(archive.findings),
    )
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _kinds(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in counts.items())


def _size(number: int) -> str:
    return f"{number / 1024:,.1f} KiB" if number >= 1024 else f"{number} bytes"
