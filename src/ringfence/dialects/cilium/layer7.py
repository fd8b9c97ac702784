"""Layer 7 rules of Cilium in words: what a connection must carry to pass.

A rule without fields asks nothing, and so does the DNS pattern ``*``; a list that holds such a rule asks nothing.

Source: Cilium documentation, "Layer 7 policies"; L7Rules, PortRuleHTTP, PortRuleKafka and FQDNSelector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ringfence.dialects.fields import Field
from ringfence.model.policy import Condition

KNOWN_RULES = ("http", "kafka", "dns", "l7", "l7proto")
_TEXTS = {
    "http": ("method", "path", "host"),
    "kafka": ("role", "apiKey", "topic", "clientID", "apiVersion"),
    "dns": ("matchName", "matchPattern"),
}
_LISTS = ("headers", "headerMatches")


def read_conditions(rules: Field) -> tuple[Condition, ...] | None:
    """What the rules of one entry of ``toPorts`` ask for; one of the alternatives of each kind must hold.

    Returns None, with findings, where a rule is none that the API takes.
    """
    found: list[Condition] = []
    for name, say in _KINDS.items():
        field = rules.get(name)
        if field is None:
            continue
        items = field.items()
        if items is None or not all(_is_rule(item, name) for item in items):
            return None
        texts = [say(item.value) for item in items]
        if texts and all(texts):
            found.append(Condition(" or ".join(texts)))
    protocol = rules.get("l7proto")
    if protocol is not None:
        if protocol.text() is None:
            return None
        found.append(Condition(f"the {protocol.value} parser lets it pass"))
    return tuple(found)


def _is_rule(item: Field, kind: str) -> bool:
    """True where each field of a rule has the type that the API asks for; fields it lacks are told, and dropped."""
    if not item.is_mapping():
        return False
    if kind == "l7":
        return True
    item.report_unknown((*_TEXTS[kind], *(_LISTS if kind == "http" else ())), why="Cilium ignores the field.")
    texts = [item.get(name) for name in _TEXTS[kind]]
    lists = [item.get(name) for name in _LISTS] if kind == "http" else []
    return all(field is None or field.text() is not None for field in texts) and all(
        field is None or field.items() is not None for field in lists
    )


def _http(rule: Mapping[str, Any]) -> str:
    words = [str(rule[key]) for key in ("method", "path") if rule.get(key)]
    if rule.get("host"):
        words.append(f"for host {rule['host']}")
    headers = [*(rule.get("headers") or ()), *(_header(match) for match in rule.get("headerMatches") or ())]
    if headers:
        words.append(f"with header {', '.join(map(str, headers))}")
    return f"HTTP {' '.join(words)}" if words else ""


def _header(match: object) -> str:
    if not isinstance(match, dict):
        return str(match)
    return f"{match.get('name')}: {match['value']}" if match.get("value") else str(match.get("name"))


def _kafka(rule: Mapping[str, Any]) -> str:
    words = [str(rule[key]) for key in ("role", "apiKey", "topic", "clientID", "apiVersion") if rule.get(key)]
    return f"Kafka {' '.join(words)}" if words else ""


def _dns(rule: Mapping[str, Any]) -> str:
    name = rule.get("matchName") or rule.get("matchPattern")
    return f"DNS query for {name}" if name and name not in ("*", "**") else ""


def _generic(rule: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in rule.items())


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {"http": _http, "kafka": _kafka, "dns": _dns, "l7": _generic}
