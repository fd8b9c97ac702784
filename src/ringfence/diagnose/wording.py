"""Problems in words: what a root cause cuts, and what to change."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from ringfence.diagnose.name_rules import NameRule
from ringfence.diagnose.report import Loss, LossKind, Problem, Remark
from ringfence.explain.causes import CauseKind
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.model.references import TextReference
from ringfence.survey.outside import is_proxy_variable

_COMMANDS = 3

_CHANGES = {
    CauseKind.NO_RULE: "Add a rule for each connection below; the policy itself can stay.",
    CauseKind.POD_LABEL: "Ask only for labels that the pods have, or add the label to the pod template.",
    CauseKind.NAMESPACE_LABEL: (
        "Select the namespace by its own name (kubernetes.io/metadata.name), which each has, or label the namespace."
    ),
    CauseKind.OTHER_NAMESPACE: "Add a namespaceSelector to the entry, beside its podSelector.",
    CauseKind.SERVICE_PORT: "Write the port that the pods listen on, or its name, in place of the Service's.",
    CauseKind.NAMED_PORT: "Use a port name that the pods declare, or the number.",
    CauseKind.PROTOCOL: "Add the other protocol to the rule's ports.",
    CauseKind.PORT: "Add the port to the rule.",
    CauseKind.ADDRESS: "Add the address to the rule's ranges.",
    CauseKind.EXCEPTION: "Take the address out of the exception.",
    CauseKind.SERVICE_ADDRESS: "Select the Service's pods by label: policies never see a Service's address.",
    CauseKind.HOST_NETWORK: "Allow the nodes' addresses with an ipBlock: no selector matches pods of the host network.",
    CauseKind.INVALID: "Correct the invalid entry: the API server refuses the policy as it is.",
    CauseKind.EARLIER_TIER: (
        "Change this rule, or put one before it that accepts or passes: NetworkPolicy can't override it."
    ),
    CauseKind.EMPTY_SUBJECT: "Write the namespaces that are meant into the subject: an empty one selects every pod.",
    CauseKind.SUBJECT_LABEL: "Ask only for labels that the pods have, or add the label to the pod template.",
    CauseKind.POLICY_TYPES: "Add the direction to policyTypes.",
    CauseKind.MUTUAL_TLS: "Bring the callers into the mesh, or make mutual TLS permissive for the workload.",
    CauseKind.MESH_DENY: "Change what denies it in the mesh: a policy of the network can't override it.",
    CauseKind.MESH_IDENTITY: "Allow the caller's identity, or its addresses, in the AuthorizationPolicy.",
    CauseKind.BASELINE: (
        "Write a NetworkPolicy that selects the pods and allows this: it comes before the Baseline tier."
    ),
}

_NOT_THE_NETWORK = (
    CauseKind.EARLIER_TIER,
    CauseKind.BASELINE,
    CauseKind.MUTUAL_TLS,
    CauseKind.MESH_DENY,
    CauseKind.MESH_IDENTITY,
)
"""What no NetworkPolicy that could be generated changes."""


def change_of(kind: CauseKind, losses: Sequence[Loss]) -> str:
    """What to change, in a sentence or a few."""
    dns = [loss for loss in losses if loss.kind is LossKind.DNS]
    upstream = [loss for loss in losses if loss.kind is LossKind.UPSTREAM]
    if kind is not CauseKind.NO_RULE or not (dns or upstream):
        return _CHANGES[kind]
    parts = []
    if upstream:
        own = [loss.target for loss in upstream if _is_address(loss.target)]
        to = f"their resolvers, {' and '.join(own)}," if own else "their resolvers,"
        api = next((loss.pod_port for loss in upstream if loss.target.startswith("service:")), None)
        also = f", and to the API server on TCP {api}" if api is not None else ""
        if own or len(upstream) > (api is not None):
            parts.append(f"Allow the DNS pods egress to {to} on UDP and TCP 53{also}.")
        else:
            parts.append(f"Allow the DNS pods egress to the API server on TCP {api}.")
    if dns:
        ports = sorted({(loss.protocol, loss.pod_port) for loss in dns}, reverse=True)
        where = " and ".join(f"{protocol} {port}" for protocol, port in ports)
        addresses = list(dict.fromkeys(loss.target for loss in dns if _node_local(loss) or _own_server(loss)))
        if addresses:
            what = "NodeLocal DNSCache" if any(map(_node_local, dns)) else "the pods' own name servers"
            parts.append(
                f"Allow DNS to {what} with an ipBlock, {' and '.join(addresses)} on {where}. The policy can stay."
            )
        else:
            parts.append(f"Allow DNS to the DNS pods, on the ports that they listen on: {where}. The policy can stay.")
    if len(dns) + len(upstream) < len(losses):
        parts.append("Then add a rule for each other connection below.")
    return " ".join(parts)


def commands_of(
    kind: CauseKind, losses: Sequence[Loss], paths: Sequence[str], names: Mapping[str, NameRule]
) -> tuple[str, ...]:
    """Command lines that print a repair: of DNS for a whole namespace, of other connections for the first few.

    First of DNS for each workload alone that has a rule by name. Where too many are cut for one by one, one command
    restores them all.
    """
    given = " ".join(shlex.quote(path) for path in paths) or "PATH"
    found: dict[str, None] = {}
    for loss in losses:
        if loss.kind is LossKind.DNS and loss.source in names:
            found[f"ringfence fix {given} {shlex.quote(loss.source)} {shlex.quote(loss.question)}"] = None
    asking = next((loss.source for loss in losses if loss.kind is LossKind.DNS), "")
    for loss in losses:
        template = _template(kind, loss)
        if template:
            found[f"ringfence generate {template[0]} {given} -n {shlex.quote(template[1])}"] = None
        elif loss.kind is not LossKind.UPSTREAM and (loss.kind is not LossKind.DNS or loss.source == asking):
            found[f"ringfence fix {given} {shlex.quote(loss.source)} {shlex.quote(loss.question)}"] = None
    if (
        kind is CauseKind.NO_RULE
        and len(found) > _COMMANDS
        and not any(loss.kind is LossKind.WANTED for loss in losses)
    ):
        templates = [command for command in found if command.startswith("ringfence generate ")]
        return (*templates[: _COMMANDS - 1], f"ringfence fix {given} --dependencies{_in_namespace(losses)} -o manifest")
    return tuple(found)[:_COMMANDS]


def _in_namespace(losses: Sequence[Loss]) -> str:
    """The option for the namespace that every loss has an end in."""
    needed = [loss for loss in losses if loss.kind is not LossKind.DNS]
    for name in dict.fromkeys((losses[0].namespace, losses[0].target_namespace, needed[0].target_namespace)):
        if name and all(name in (loss.namespace, loss.target_namespace) for loss in losses):
            return f" -n {shlex.quote(name)}"
    return ""


def _template(kind: CauseKind, loss: Loss) -> tuple[str, str] | None:
    """The template of ``generate`` that restores DNS for a namespace: of the pods that ask, or of the DNS pods.

    None where a tier denies: no NetworkPolicy helps against an earlier one, and for a later one it would isolate.
    """
    if kind in _NOT_THE_NETWORK:
        return None
    if loss.kind is LossKind.UPSTREAM:
        return "default-deny", loss.namespace
    if loss.kind is not LossKind.DNS or _own_server(loss):
        return None
    if Direction.EGRESS in loss.directions:
        return "allow-dns", loss.namespace
    return ("default-deny", loss.target_namespace) if kind is CauseKind.NO_RULE else None


def _is_address(text: str) -> bool:
    return text[:1].isdecimal() or ":" in text.partition("service:")[0]


def _node_local(loss: Loss) -> bool:
    return loss.target.startswith("169.254.")


def _own_server(loss: Loss) -> bool:
    """True where the pods ask a name server of their own: a DNS pod or Service has a slash in its name."""
    return loss.kind is LossKind.DNS and "/" not in loss.target and not _node_local(loss)


def consequence(losses: Sequence[Loss], names: Mapping[str, NameRule]) -> str:
    """What is cut, as a sentence without its full stop. ``names`` are the workloads with rules by name."""
    return "; ".join((*_parts(losses), *_never_in_force(losses, names)))


def _never_in_force(losses: Sequence[Loss], names: Mapping[str, NameRule]) -> Iterator[str]:
    """The circle: a rule by name waits for DNS answers that the pods can't ask for."""
    dns = dict.fromkeys(loss.source for loss in losses if loss.kind is LossKind.DNS)
    for rule in dict.fromkeys(names[source] for source in dns if source in names):
        yield f"{rule.policy}, which allows {' and '.join(rule.names[:2])} by name, can't come into force without it"


def _parts(losses: Sequence[Loss]) -> Iterator[str]:
    upstream = [loss for loss in losses if loss.kind is LossKind.UPSTREAM]
    if upstream:
        yield f"the cluster's DNS, {upstream[0].source}, {_upstream(upstream)}"
    cache = [loss for loss in losses if loss.kind is LossKind.CACHE]
    if cache:
        where = ", from some nodes" if all(loss.partial for loss in cache) else ""
        yield f"NodeLocal DNSCache, {cache[0].source}, can't ask the cluster's DNS{where}"
    dns = [loss for loss in losses if loss.kind is LossKind.DNS]
    if dns:
        yield _dns(dns)
    needed = [loss for loss in losses if loss.kind in (LossKind.DEPENDENCY, LossKind.WANTED)]
    if needed:
        yield _needed(needed)
    metrics = [loss for loss in losses if loss.kind is LossKind.METRICS]
    if metrics:
        targets = _some(list(dict.fromkeys(loss.target for loss in metrics)), "workload")
        yield f"{metrics[0].source} can't collect the metrics of {targets}"
    half = [loss for loss in losses if loss.kind is LossKind.HALF_OPEN]
    if half:
        first = f"{half[0].source} to {half[0].question}"
        more = f" and {len(half) - 1} more" if len(half) > 1 else ""
        yield f"a rule allows {first}{more} at one end, and it is denied at the other"


def _upstream(losses: Sequence[Loss]) -> str:
    api = any(loss.target.startswith("service:") for loss in losses)
    if all(loss.target.startswith("service:") for loss in losses):
        return "can't reach the API server, from which it learns Services"
    return "reaches no resolver outside the cluster" + (", nor the API server" if api else "")


def _dns(losses: Sequence[Loss]) -> str:
    workloads = list(dict.fromkeys(loss.source for loss in losses))
    namespaces = list(dict.fromkeys(loss.namespace for loss in losses))
    where = f"namespace {namespaces[0]}" if len(namespaces) == 1 else f"{len(namespaces)} namespaces"
    protocols = {loss.protocol for loss in losses}
    over = "" if len(protocols) > 1 else " over UDP" if protocols == {Protocol.UDP} else " over TCP"
    some = ", by some of its pods" if all(loss.partial for loss in losses) else ""
    who = workloads[0] if len(workloads) == 1 else f"{len(workloads):,} workloads of {where}"
    asked = list(dict.fromkeys(loss.target for loss in losses))
    by = f", which ask NodeLocal DNSCache at {' and '.join(asked)}" if all(map(_node_local, losses)) else ""
    return f"DNS{over} is cut for {who}{some}{by}"


def _needed(losses: Sequence[Loss]) -> str:
    sources = list(dict.fromkeys(loss.source for loss in losses))
    targets = list(dict.fromkeys(loss.target for loss in losses))
    cant = "can't always reach" if all(loss.partial for loss in losses) else "can't reach"
    if len(losses) == 1 and _is_proxy(losses[0]):
        return (
            f"{sources[0]} {cant} its proxy, {losses[0].target} on {losses[0].protocol} {losses[0].port}, by which it "
            "calls outside: no rule for an address there serves it"
        )
    if len(losses) == 1:
        return f"{sources[0]} {cant} {losses[0].target} on {losses[0].protocol} {losses[0].port}"
    if len(sources) == 1:
        return f"{sources[0]} {cant} {_some(targets, 'target')}"
    if len(targets) == 1:
        return f"{len(sources):,} workloads {cant} {targets[0]}"
    return f"{len(losses):,} connections that are needed are cut"


def _is_proxy(loss: Loss) -> bool:
    reference = loss.evidence.reference if loss.evidence is not None else None
    return isinstance(reference, TextReference) and is_proxy_variable(reference.key)


def _some(names: Sequence[str], noun: str) -> str:
    if len(names) <= 2:
        return " and ".join(names)
    return f"{len(names):,} {noun}s"


def headline(problems: Sequence[Problem], remarks: Sequence[Remark], *, needs: int, dns: bool) -> str:
    """The worst problem as one sentence, else the first remark that leads, or what was looked for in vain."""
    grave = [problem for problem in problems if problem.cut]
    if grave:
        worst = grave[0]
        more = f" ({len(grave) - 1} more root cause{'s' if len(grave) > 2 else ''} below)" if grave[1:] else ""
        return f"{worst.cause.rstrip('.')}: {worst.what}.{more}"
    leading = [remark for remark in remarks if remark.leads]
    if leading:
        more = f" ({len(leading) - 1} more below)" if leading[1:] else ""
        return f"{leading[0].what}{more} {_nothing(needs, dns=dns)}"
    trailing = [remark for remark in remarks if remark.topic.trails]
    more = f" ({len(trailing) - 1} more below)" if trailing[1:] else ""
    return _nothing(needs, dns=dns) + (f" {trailing[0].what}{more}" if trailing else "")


def _nothing(needs: int, *, dns: bool) -> str:
    known = f"{needs:,} known {'dependency' if needs == 1 else 'dependencies'}" if needs else ""
    looked = [text for text in ("DNS" if dns else "", known) if text]
    if not looked:
        return (
            "The input shows nothing that is needed, neither DNS pods nor names of Services, so nothing is known cut."
        )
    what = " and ".join(looked)
    return (
        f"Nothing that is known to be needed is cut: {what} {'are' if needs > 1 or len(looked) > 1 else 'is'} allowed."
    )
