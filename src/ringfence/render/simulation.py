"""What ``flows simulate`` says of what it wrote: a summary for people, and a SimulationReport."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from ringfence.model.flow import Outcome
from ringfence.render import json_values
from ringfence.render.lines import count
from ringfence.simulate import Plan, Written
from ringfence.simulate.truth import moment

_LOST = {"lost": "lost", "sampled": "left out by sampling", "rate": "over the rate"}


def summary(written: Written, plan: Plan, out: str) -> Iterator[str]:
    """What happened, what is in the logs, and what they lost."""
    edges = written.truth.edges.values()
    by_outcome = Counter[Outcome]()
    for edge in edges:
        by_outcome[edge.key.outcome] += edge.count
    told = ", ".join(f"{number:,} {outcome.value}" for outcome, number in sorted(by_outcome.items(), key=_name))
    total = sum(by_outcome.values())
    yield f"{count(total, 'connection')} from {moment(plan.start)[:16]}Z to {moment(plan.end)[:16]}Z: {told or 'none'}."
    unseen = count(_unseen(written), "edge")
    yield f"{count(len(written.truth.edges), 'true edge')} in {out}/truth.jsonl, {unseen} in no log."
    lines = sum(written.logs.values())
    files = count(len(written.logs), "file")
    yield f"{count(lines, 'line')} ({written.octets / 1e6:,.1f} MB) of {written.format} in {files}."
    lost = Counter[str]()
    for (_, why), number in written.truth.lost.items():
        lost[why] += number
    if lost:
        yield "Not written: " + ", ".join(f"{number:,} {_LOST[why]}" for why, number in sorted(lost.items())) + "."
    yield f"{count(written.states, 'state')} of the cluster in {out}/inventory."


def document(written: Written, plan: Plan, out: str) -> str:
    """The SimulationReport, indented."""
    lost: dict[str, dict[str, int]] = {}
    for (node, why), number in sorted(written.truth.lost.items()):
        lost.setdefault(node, {})[why] = number
    by_outcome = Counter[str]()
    for edge in written.truth.edges.values():
        by_outcome[edge.key.outcome.value] += edge.count
    report = json_values.document(
        "SimulationReport",
        out=out,
        format=written.format,
        seed=plan.seed,
        first=moment(plan.start),
        last=moment(plan.end),
        connections=dict(sorted(by_outcome.items())),
        edges=len(written.truth.edges),
        edgesInNoLog=_unseen(written),
        logs=[{"path": path, "lines": lines} for path, lines in written.logs.items()],
        lost=[{"node": node, **reasons} for node, reasons in lost.items()],
        states=written.states,
    )
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _unseen(written: Written) -> int:
    return sum(edge.seen == 0 for edge in written.truth.edges.values())


def _name(item: tuple[Outcome, int]) -> str:
    return item[0].value
