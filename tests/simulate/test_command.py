"""``ringfence flows simulate``: files that say what happened, and clear words where it can't."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from ringfence.cli import main
from ringfence.cli.flows_simulate import FORMATS
from ringfence.simulate.writers.registry import FORMATS as KNOWN
from tests.docs.paths import DOCS, ROOT

SHOP = str(ROOT / "examples" / "shop")


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["flows", "simulate", *args])


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def truth(root: Path, kind: str) -> list[dict[str, object]]:
    lines = (root / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return [document for document in map(json.loads, lines) if document["kind"] == kind]


def test_the_names_of_formats_are_those_that_are_known() -> None:
    assert tuple(KNOWN) == FORMATS


def test_logs_inventory_and_truth_are_written(tmp_path: Path) -> None:
    out = tmp_path / "traffic"
    result = run(SHOP, "--hours", "2", "--seed", "7", "--out", str(out), "--quiet")
    assert result.exit_code == 0, result.output
    names = files(out)
    assert {"logs/node-1/hubble.log", "logs/node-2/hubble.log", "logs/node-3/hubble.log", "truth.jsonl"} <= set(names)
    assert "inventory/2026-11-16T000000Z.json" in names
    assert truth(out, "edge")
    assert {pod["from"] for pod in truth(out, "pod")} >= {"2026-11-16T00:00:00.000000Z"}


def test_equal_seeds_make_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(SHOP, "--hours", "1", "--seed", "9", "--out", str(tmp_path / name), "--loss", "lost=0.1")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_what_is_lost_is_counted_in_the_truth_and_in_the_log(tmp_path: Path) -> None:
    out = tmp_path / "traffic"
    run(SHOP, "--hours", "3", "--out", str(out), "--loss", "lost=0.2")
    lost = {str(each["node"]): each["records"] for each in truth(out, "lost")}
    told = dict.fromkeys(lost, 0)
    for path in (out / "logs").rglob("*.log"):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if "lost_events" in record:
                told[path.parent.name] += int(record["lost_events"]["num_events_lost"])
    assert all(isinstance(count, int) and 0 <= count - told[node] < 20 for node, count in lost.items()), (lost, told)


def test_the_report_follows_its_schema(tmp_path: Path) -> None:
    result = run(SHOP, "--hours", "1", "--out", str(tmp_path / "x"), "-o", "json", "--loss", "lost=0.1")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    schema = json.loads((DOCS / "schemas" / "SimulationReport.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema)
    assert report["lost"]


def test_later_policies_are_in_force_from_their_hour(tmp_path: Path) -> None:
    later = tmp_path / "later"
    later.mkdir()
    (later / "deny.yaml").write_text(
        """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nothing, namespace: kube-system}
spec: {podSelector: {}, policyTypes: [Ingress]}
""",
        encoding="utf-8",
    )
    out = tmp_path / "traffic"
    assert run(SHOP, "--hours", "2", "--out", str(out), "--known-only", "--later", f"1={later}").exit_code == 0
    to_dns = [edge for edge in truth(out, "edge") if edge["purpose"] == "dns"]
    denied = [str(edge["first"]) for edge in to_dns if edge["outcome"] == "denied"]
    assert any(first >= "2026-11-16T01:00" for first in denied)
    assert all(str(edge["last"]) < "2026-11-16T01:00" for edge in to_dns if edge["outcome"] == "allowed")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--loss", "lost=2"), "'lost=2' is no loss"),
        (("--loss", "sampling=half"), "'sampling=half' is no loss"),
        (("--start", "yesterday"), "'yesterday' is no time"),
        (("--later", "soon=x"), "'soon=x' is no HOURS=PATH"),
        (("--not-enforced", "node-9"), "There is no node node-9"),
    ],
)
def test_what_cannot_be_simulated_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(SHOP, "--hours", "1", "--out", str(tmp_path / "x"), *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_directory_that_is_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", encoding="utf-8")
    result = run(SHOP, "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "is there already" in result.output
