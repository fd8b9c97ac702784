"""The whole conversion: which policies, written how, and what that changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ringfence.convert.proof import prove
from ringfence.convert.report import Conversion
from ringfence.convert.targets import TARGETS
from ringfence.dialects import AUTO, cni_of, read_policies
from ringfence.dialects.writing import Loss, Target
from ringfence.dialects.writing.losses import Manifest
from ringfence.model.errors import QueryError
from ringfence.model.finding import Severity
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.origin import ObjectRef, Position
from ringfence.model.policy import PolicySet, Stage


class _Nowhere:
    """The places of an object that is in no file yet."""

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:  # noqa: ARG002 -- the protocol's
        """No place."""
        return Position("")


def convert(
    snapshot: Snapshot, to: str, *, kinds: Sequence[str] = (), namespace: str = "", cni: str = AUTO
) -> Conversion:
    """The policies of a cluster in another dialect, and a proof that they say the same.

    ``kinds`` and ``namespace`` choose which policies are converted; the others stay beside the new objects. With
    ``cni`` left to be found out, a dialect that only one CNI enforces has the policies read as that one does.

    Raises:
        QueryError: there is no such dialect, or no policy was chosen.
    """
    dialect = TARGETS.get(to)
    if dialect is None:
        raise QueryError(f"There is no dialect {to!r}. Known: {', '.join(TARGETS)}.")
    notes = []
    if cni == AUTO:
        cni = cni_of(snapshot)
        if dialect.cni and cni == "generic":
            cni = dialect.cni
            notes.append(
                f"Only {cni.capitalize()} enforces the result, so the policies are read as it does, before and after. "
                "--cni generic compares with what the API's text says."
            )
    before, findings = read_policies(snapshot, cni=cni)
    chosen = _chosen(before, kinds, namespace)
    if not chosen:
        raise QueryError(_nothing(before, kinds, namespace))
    objects = [raw for raw in snapshot.policies if raw.ref in chosen]
    unread = {finding.subject for finding in findings if finding.severity is Severity.ERROR}
    part, _ = read_policies(snapshot, cni=cni, only=objects)
    stages, mesh = _stages(part)
    written = dialect.write(stages, Target(cni, snapshot))
    losses = [*written.losses, *mesh]
    losses += [
        Loss(raw.ref, f"{raw.ref} is converted as far as it is understood.", "It has errors: see lint.", raw.origin())
        for raw in objects
        if raw.ref in unread
    ]
    left = {loss.ref for loss in mesh}
    kept = [raw for raw in snapshot.policies if raw.ref not in chosen or raw.ref in left]
    made = tuple(_raw(each) for each in written.objects)
    clash = {raw.ref for raw in kept} & {raw.ref for raw in made}
    if clash:
        raise QueryError(f"{min(map(str, clash))} is not converted, and the result would have its name.")
    after, _ = read_policies(replace(snapshot, policies=(*kept, *made)), cni=cni)
    known = {policy.ref for policy in before.policies()}
    return Conversion(
        to,
        cni,
        tuple(raw.ref for raw in objects if raw.ref not in left),
        tuple(raw.ref for raw in kept if raw.ref in known),
        written.objects,
        tuple(losses),
        prove(snapshot, before, after),
        tuple(notes),
    )


def _chosen(policies: PolicySet, kinds: Sequence[str], namespace: str) -> set[ObjectRef]:
    wanted = {kind.lower() for kind in kinds}
    return {
        policy.ref
        for policy in policies.policies()
        if (not wanted or policy.ref.kind.lower() in wanted) and (not namespace or policy.ref.namespace == namespace)
    }


def _nothing(policies: PolicySet, kinds: Sequence[str], namespace: str) -> str:
    found = sorted({policy.ref.kind for policy in policies.policies()})
    if not found:
        return "The input has no policy that can be converted."
    asked = " and ".join(filter(None, ("or ".join(kinds), namespace and f"namespace {namespace}")))
    return f"No policy of {asked} is in the input. There are: {', '.join(found)}."


def _stages(policies: PolicySet) -> tuple[list[Stage], list[Loss]]:
    """The stages to write; of two layers, which both must allow, one dialect can hold one."""
    layers = [layer for layer in policies.layers if any(stage.policies for stage in layer.stages)]
    first = list(layers[0].stages) if layers else []
    losses = [
        Loss(
            policy.ref,
            f"{policy.ref} is not converted, and stays.",
            f"It is judged beside the network's policies, in the {layer.name} layer.",
            policy.origin,
        )
        for layer in layers[1:]
        for stage in layer.stages
        for policy in stage.policies
    ]
    return first, losses


def _raw(body: Manifest) -> RawObject:
    metadata = body["metadata"]
    ref = ObjectRef(body["kind"], metadata["name"], metadata.get("namespace", ""), body["apiVersion"])
    return RawObject(ref, body, _Nowhere())
