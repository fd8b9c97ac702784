"""The manifests as a Helm chart: what differs from cluster to cluster is among its values.

Values of a request: whether it is ``enabled``, its ``namespace``, the ``labels`` (Calico: the ``selector``) of its
pods, and the recorded ``addresses`` of each name where names stand as addresses.

Source: Helm documentation, "Charts" and "Template Function List" (``index``, ``toYaml``, ``nindent``, ``quote``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ringfence.egress.frozen import addresses_at
from ringfence.egress.metadata import addresses_of, made_for, owner_of
from ringfence.egress.plan import Plan
from ringfence.egress.proposing import Proposal
from ringfence.egress.write_calico import selector_of
from ringfence.generate.manifest import Manifest

_NAMESPACE, _LABELS, _SELECTOR, _EACH = (
    "RINGFENCE-NAMESPACE",
    "RINGFENCE-LABELS",
    "RINGFENCE-SELECTOR",
    "RINGFENCE-EACH",
)
"""Stand in the bodies for what becomes a template: letters that YAML needs no quotes for."""


def chart(answer: Proposal) -> Mapping[str, str]:
    """The files of the chart by their paths."""
    files = {
        "Chart.yaml": _CHART,
        "values.yaml": _text({"requests": {_key(each): _values(each, answer) for each in answer.plans}}),
    }
    for plan in answer.plans:
        own = [_template(each, plan) for each in answer.manifests if made_for(each.body) == owner_of(plan)]
        head = f'{{{{- $request := index .Values.requests "{_key(plan)}" }}}}\n{{{{- if $request.enabled }}}}\n'
        files[f"templates/{_key(plan)}.yaml"] = head + "---\n".join(own) + "{{- end }}\n"
    return files


_CHART = """\
apiVersion: v2
name: egress
description: Egress that was asked for, written by ringfence generate egress
type: application
version: 0.1.0
"""


def _key(plan: Plan) -> str:
    return f"{plan.request.namespace}-{plan.request.name}"


def _values(plan: Plan, answer: Proposal) -> Mapping[str, Any]:
    own = [each for each in answer.manifests if made_for(each.body) == owner_of(plan)]
    values: dict[str, Any] = {"enabled": True, "namespace": plan.request.namespace}
    if any(each.body["apiVersion"].startswith("projectcalico.org") for each in own):
        values["selector"] = selector_of(plan.labels.items())
    else:
        values["labels"] = dict(plan.labels)
    if any(addresses_at(each.body, plan) for each in own):
        values["addresses"] = {grant.text: [_cidr(text) for text in addresses_of(grant)] for grant in plan.named}
    return values


def _cidr(address: str) -> str:
    return f"{address}/{128 if ':' in address else 32}"


def _text(value: Mapping[str, Any]) -> str:
    return Manifest(value).text()


def _template(manifest: Manifest, plan: Plan) -> str:
    body = _marked(manifest.body)
    for path, name in addresses_at(manifest.body, plan).items():
        _put(body, path, f"{_EACH} {name.encode().hex()}")
    text = Manifest(body, manifest.head, manifest.notes).text().replace("{{", '{{ "{{" }}')
    text = re.sub(rf'^( *){_LABELS}: ""$', _labels, text, flags=re.MULTILINE)
    text = text.replace(_NAMESPACE, "{{ $request.namespace }}").replace(_SELECTOR, "{{ $request.selector | quote }}")
    text = re.sub(rf"^( *)- ipBlock:\n *cidr: {_EACH} (\w+)$", _blocks, text, flags=re.MULTILINE)
    return re.sub(rf"(?:\[{_EACH} (\w+)\]|\n *- {_EACH} (\w+)$)", _list, text, flags=re.MULTILINE)


def _labels(found: re.Match[str]) -> str:
    return f"{found[1]}{{{{- toYaml $request.labels | nindent {len(found[1])} }}}}"


def _blocks(found: re.Match[str]) -> str:
    lines = (f"{{{{- range {_of(found[2])} }}}}", "- ipBlock:", "    cidr: {{ . | quote }}", "{{- end }}")
    return "\n".join(found[1] + line for line in lines)


def _list(found: re.Match[str]) -> str:
    margin = "" if found[1] else " "
    return f"{margin}{{{{ {_of(found[1] or found[2])} | toJson }}}}"


def _of(name: str) -> str:
    return f'(index $request.addresses "{bytes.fromhex(name).decode()}")'


def _marked(value: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which the namespace and the labels of the request's pods are marks; other ends stay as they are."""
    found = {key: _copy(item) for key, item in value.items()}
    metadata, spec = found["metadata"], found["spec"]
    if "namespace" in metadata:
        metadata["namespace"] = _NAMESPACE
    for key in ("podSelector", "endpointSelector", "workloadSelector"):
        for inner in ("matchLabels", "labels"):
            if key in spec and inner in spec[key]:
                spec[key][inner] = {_LABELS: ""}
    if "tier" in spec and isinstance(spec.get("selector"), str):
        spec["selector"] = _SELECTOR
    subject = spec.get("subject", {}).get("pods", {})
    if subject:
        subject["namespaceSelector"]["matchLabels"] = dict.fromkeys(
            subject["namespaceSelector"]["matchLabels"], _NAMESPACE
        )
        subject["podSelector"]["matchLabels"] = {_LABELS: ""}
    return found


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list | tuple) else value


def _put(body: Any, path: tuple[str | int, ...], mark: str) -> None:
    """One mark in the place of a list of addresses."""
    for step in path[:-1]:
        body = body[step]
    body[path[-1]] = [{"ipBlock": {"cidr": mark}}] if path[-1] == "to" else [mark]
