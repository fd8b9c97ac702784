"""Who needs which Service, without the texts that tell it.

A variable or an argument may hold a password beside the name of a Service. What is kept of it is the Service, its
namespace and the port that the text means, written so that it can be read in one way only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ringfence.model.objects import Service, Snapshot
from ringfence.model.references import TextReference
from ringfence.survey.names import mentions_of

_LINK_LOCAL: Final = re.compile(r"\b169\.254\.\d{1,3}\.\d{1,3}\b")
_NAMED: Final = frozenset({"env", "data", "references"})
"""Where keys are names: of variables, of a ConfigMap's entries, of an archive's own records. The flag before an
argument is none: it may be a secret itself (``-pSECRET``)."""


def records(snapshot: Snapshot) -> tuple[dict[str, Any], ...]:
    """One record for each Service that a text of the snapshot names, in their order, each once."""
    known = {(service.namespace, service.name) for service in snapshot.services}
    at = {point: service for service in snapshot.services for point in service.cluster_addresses}
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for reference in snapshot.references:
        key = reference.key if _NAMED.intersection(reference.path) else ""
        for text in _addresses(reference, known, at):
            found.setdefault((reference.workload, key, text, reference.object), _record(reference, key, text))
    return tuple(found.values())


def _addresses(reference: TextReference, known: set[tuple[str, str]], at: dict[int, Service]) -> Iterator[str]:
    for mention in mentions_of(reference):
        service = at.get(mention.address) if mention.address is not None else None
        namespace = service.namespace if service is not None else mention.namespace or reference.workload.namespace
        name = service.name if service is not None else mention.name
        if (namespace, name) in known and (mention.number is not None or not mention.scheme):
            port = f":{mention.number}" if mention.number is not None else ""
            yield f"{name}.{namespace}.svc{port}"
    yield from _LINK_LOCAL.findall(reference.text)


def _record(reference: TextReference, key: str, text: str) -> dict[str, Any]:
    workload, stands = reference.workload, reference.object
    return {
        "workload": {"namespace": workload.namespace, "kind": workload.kind, "name": workload.name},
        "key": key,
        "text": text,
        "object": {
            "apiVersion": stands.api_version,
            "kind": stands.kind,
            "namespace": stands.namespace,
            "name": stands.name,
        },
    }
