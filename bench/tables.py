"""The measurements as Markdown: a table of budgets, and one of every step at every size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

BEGIN = "<!-- bench: begin -->"
END = "<!-- bench: end -->"

Numbers = dict[str, float]


@dataclass(slots=True)
class Results:
    """What was measured, and where."""

    sizes: tuple[int, ...]
    machine: str
    start_up: Numbers = field(default_factory=dict)
    yaml: Numbers = field(default_factory=dict)
    by_size: dict[int, Numbers] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Budget:
    """A promise of the design: what, at which size (0 is any), and the most it may take, in seconds or bytes."""

    work: str
    size: int
    name: str
    most: float


MB = 1_000_000
BUDGETS = (
    Budget("`ringfence --help`, time", 0, "help_seconds", 0.150),
    Budget("`ringfence --help`, memory", 0, "help_bytes", 60 * MB),
    Budget("load 20 MiB of YAML", 0, "yaml_seconds", 4),
    Budget("load 36 MB of JSON", 10_000, "load_seconds", 0.3),
    Budget("all pairs of 10,000 pods, 2,000 policies, time", 10_000, "all_seconds", 0.5),
    Budget("all pairs of 10,000 pods, memory", 10_000, "all_bytes", 150 * MB),
    Budget("all pairs of 100,000 pods, 20,000 policies, time", 100_000, "all_seconds", 15),
    Budget("all pairs of 100,000 pods, memory", 100_000, "all_bytes", 1_000 * MB),
    Budget("one policy changed of 10,000 pods, 95th percentile", 10_000, "update_p95", 0.010),
    Budget("one policy changed of 100,000 pods, 95th percentile", 100_000, "update_p95", 0.050),
    Budget("one `why` on 10,000 pods, 95th percentile", 10_000, "why_p95", 0.020),
    Budget("`lint` of 200 documents, rules without the engine, time", 0, "lint_documents_seconds", 0.150),
    Budget("`lint` of 200 documents, memory", 0, "lint_documents_bytes", 60 * MB),
    Budget("`lint` of 10,000 pods, every rule", 10_000, "lint_seconds", 3),
    Budget("`why` with its fixes on 10,000 pods, 95th percentile", 10_000, "fix_p95", 0.200),
    Budget("`diagnose` of 10,000 pods, 2,000 policies", 10_000, "diagnose_seconds", 5),
    Budget(
        "`diff` of two states of 10,000 pods, five policies changed, whole process", 10_000, "diff_whole_seconds", 3
    ),
    Budget("`diff` of the same, beyond loading", 10_000, "diff_seconds", 0.050),
    Budget("1,000 policy tests on 10,000 loaded pods", 10_000, "tests_seconds", 1),
    Budget("mutation coverage of 2,000 rules by 500 tests", 10_000, "coverage_seconds", 60),
    Budget("`replay` of 1,000,000 connections against 2,000 policies", 10_000, "replay_seconds", 5),
    Budget("`learn` for 500 workloads from 8,000 kinds of connections", 10_000, "learn_seconds", 10),
    Budget("250,000 lines of Hubble's JSON (1.7 KB each) from a file to distinct flows", 0, "hubble_seconds", 1),
    Budget("memory of reading 1,000,000 of them, all processes", 0, "hubble_bytes", 1_000 * MB),
    Budget("policies of four APIs read and judged over all pairs, times plain NetworkPolicy", 10_000, "mixed_ratio", 2),
)

ROWS = (
    ("policies", "policies", False),
    ("namespaces", "namespaces", False),
    ("groups of pods that policies treat alike", "atoms", False),
    ("size of the JSON", "file_bytes", True),
    ("load the JSON", "load_seconds", True),
    ("… memory", "load_bytes", True),
    ("read the policies", "read_seconds", True),
    ("build the engine", "build_seconds", True),
    ("all pairs of pods", "pairs_seconds", True),
    ("build and all pairs", "all_seconds", True),
    ("… memory over the snapshot", "all_bytes", True),
    ("one policy changed, median", "update_median", True),
    ("… 95th percentile", "update_p95", True),
    ("one `why`, median", "why_median", True),
    ("… 95th percentile", "why_p95", True),
    ("`lint`, every rule", "lint_seconds", True),
    ("one `why` with its fixes, median", "fix_median", True),
    ("… 95th percentile", "fix_p95", True),
    ("connections that are known to be needed", "needs", False),
    ("`diagnose`", "diagnose_seconds", True),
    ("`diff`, five policies changed, whole process", "diff_whole_seconds", True),
    ("… memory of the whole process", "diff_whole_bytes", True),
    ("… beyond loading", "diff_seconds", True),
    ("`diff`, three namespaces lose their policies: connections that differ", "large_diff_changes", False),
    ("… beyond loading", "large_diff_seconds", True),
    ("… memory", "large_diff_bytes", True),
    ("policy tests", "tests", False),
    ("… resolved and judged", "tests_seconds", True),
    ("rules whose mutation coverage is asked for, with a test for four", "coverage_rules", False),
    ("… time", "coverage_seconds", True),
    ("policies of four APIs, read and judged over all pairs of pods", "mixed_seconds", True),
    ("… times the same as NetworkPolicies", "mixed_ratio", False),
)


GROWTH = (
    "*Growth* is the exponent *k* by which a number grows with the pods, as in pods^*k*, between the sizes next to "
    "each other. Memory is the peak over what was held before the step."
)


def render(results: Results) -> str:
    """Both tables, headed by the machine."""
    lines = [f"Machine: {results.machine}.", ""]
    budgets = [row for budget in BUDGETS if (row := _budget(results, budget))]
    if budgets:
        lines += ["| work | budget | measured | |", "|---|--:|--:|---|", *budgets, ""]
    lines += [
        "| | " + " | ".join(f"{size:,} pods" for size in results.sizes) + " | growth |",
        "|---|" + "--:|" * (len(results.sizes) + 1),
        *(_row(results, title, name, grows=grows) for title, name, grows in ROWS),
        "",
        GROWTH,
    ]
    return "\n".join(lines)


def growth(sizes: tuple[int, ...], values: list[float]) -> list[float]:
    """The exponent between neighbouring sizes: 1 is linear, 2 quadratic. Values that are 0 give no exponent."""
    pairs = list(zip(sizes, values, strict=True))
    return [math.log(b / a) / math.log(n / m) for (m, a), (n, b) in pairwise(pairs) if a > 0 and b > 0]


def _budget(results: Results, budget: Budget) -> str:
    numbers = results.by_size.get(budget.size, {}) if budget.size else results.start_up | _yaml(results)
    value = numbers.get(budget.name)
    if value is None:
        return ""
    said = _unit(budget.name)
    verdict = "holds" if value <= budget.most else f"missed: {value / budget.most:.1f} times"
    return f"| {budget.work} | {said(budget.most)} | {said(value)} | {verdict} |"


def _yaml(results: Results) -> Numbers:
    return {"yaml_seconds": results.yaml["load_seconds"]} if results.yaml else {}


def _row(results: Results, title: str, name: str, *, grows: bool) -> str:
    values = {size: results.by_size[size][name] for size in results.sizes if name in results.by_size[size]}
    said = _unit(name)
    exponents = " ".join(f"{k:.1f}" for k in growth(tuple(values), list(values.values()))) if grows else ""
    cells = (said(values[size]) if size in values else "–" for size in results.sizes)
    return f"| {title} | " + " | ".join(cells) + f" | {exponents} |"


def _unit(name: str) -> Callable[[float], str]:
    if name.endswith("_bytes"):
        return megabytes
    if name.endswith(("_seconds", "_median", "_p95", "_worst")):
        return seconds
    if name.endswith("_ratio"):
        return lambda value: f"{value:.1f}"
    return lambda value: f"{value:,.0f}"


def seconds(value: float) -> str:
    """Two or three digits with the unit that suits them."""
    if value >= 1:
        return f"{value:.1f} s" if value < 100 else f"{value:.0f} s"
    if value >= 0.01:
        return f"{value * 1e3:.0f} ms"
    return f"{value * 1e3:.1f} ms" if value >= 0.001 else f"{value * 1e6:.0f} µs"


def megabytes(value: float) -> str:
    """Millions of bytes."""
    return f"{value / MB:,.0f} MB" if value >= 10 * MB else f"{value / MB:.1f} MB"
