"""The configuration of an Istio mesh, as istiod's ConfigMap has it: YAML in the text ``mesh``.

Source: Istio reference, "Global Mesh Options"; the ConfigMap is named ``istio``, or ``istio-REVISION``, and its
namespace is the root namespace unless the text names another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ringfence.model.codes import BAD_OBJECT
from ringfence.model.finding import Finding
from ringfence.model.mesh_settings import LOCAL_TRUST_DOMAIN, MeshSettings
from ringfence.model.objects import SourceMap
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin
from ringfence.sources.limits import Limits
from ringfence.sources.yaml_builder import YamlBuilder
from ringfence.sources.yaml_document import YamlError

KEY: Final = "mesh"
_NAME: Final = "istio"
_MODES: Final = ("ALLOW_ANY", "REGISTRY_ONLY")


def is_mesh_config(name: str) -> bool:
    """True for the name of a ConfigMap that may hold a mesh's configuration."""
    return name == _NAME or name.startswith(f"{_NAME}-")


def read_mesh(found: Iterable[tuple[ObjectRef, str, SourceMap]], findings: list[Finding]) -> MeshSettings:
    """The settings that these texts give, that of the ConfigMap ``istio`` before those of revisions; else defaults."""
    listed = sorted(found, key=lambda each: (each[0].name, each[0].namespace))
    for ref, text, source in listed[:1]:
        origin = Origin(source.locate(("data", KEY)), f"data.{KEY}")
        value = _parsed(text, ref, origin, findings)
        if value is not None:
            return _settings(value, ref, origin, findings)
    return MeshSettings()


def settings_text(text: str) -> str:
    """What of a text policy depends on, as YAML again; empty where it can't be read."""
    settings = _settings(_parsed(text, ObjectRef("ConfigMap", "", "", "v1"), UNKNOWN, []) or {}, None, UNKNOWN, [])
    lines = [f"trustDomain: {settings.trust_domain}\n"]
    lines += ["trustDomainAliases:\n", *(f"- {alias}\n" for alias in settings.aliases)] if settings.aliases else []
    lines += [f"rootNamespace: {settings.root_namespace}\n"] if settings.root_namespace else []
    return "".join((*lines, f"outboundTrafficPolicy: {{mode: {_MODES[settings.registry_only]}}}\n"))


def _parsed(text: str, ref: ObjectRef, origin: Origin, findings: list[Finding]) -> Mapping[str, Any] | None:
    try:
        values = [document.value for document in YamlBuilder(Limits()).documents(text.encode())]
    except YamlError as error:
        what = f"{ref} has a text {KEY} that is no YAML: {error.problem}; the mesh's defaults are taken."
        findings.append(Finding(BAD_OBJECT, what, origin, ref))
        return None
    value = values[0] if values else {}
    if not isinstance(value, dict | None):
        what = f"{ref} has a text {KEY} that is no mapping; the mesh's defaults are taken."
        findings.append(Finding(BAD_OBJECT, what, origin, ref))
        return None
    return value or {}


def _settings(value: Mapping[str, Any], ref: ObjectRef | None, origin: Origin, findings: list[Finding]) -> MeshSettings:
    def bad(name: str, wanted: str) -> None:
        findings.append(Finding(BAD_OBJECT, f"{name} in the text {KEY} of {ref} must be {wanted}.", origin, ref))

    def word(name: str, default: str) -> str:
        given = value.get(name)
        if given is None or given == "":
            return default
        if not isinstance(given, str):
            bad(name, "a string")
            return default
        return given

    aliases = value.get("trustDomainAliases") or []
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        bad("trustDomainAliases", "a list of strings")
        aliases = []
    outbound = value.get("outboundTrafficPolicy") or {}
    mode = outbound.get("mode") if isinstance(outbound, dict) else outbound
    if mode is not None and mode not in _MODES:
        bad("outboundTrafficPolicy.mode", " or ".join(_MODES))
    return MeshSettings(
        word("trustDomain", LOCAL_TRUST_DOMAIN),
        tuple(aliases),
        word("rootNamespace", ref.namespace if ref is not None else ""),
        mode == "REGISTRY_ONLY",
        True,
        origin,
    )
