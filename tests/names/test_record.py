"""``ringfence dns record`` against a real DNS server: CNAMEs, TTLs, both families, truncation, changes, failures."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.flags
import pytest

from ringfence.names import read_names
from tests.cli.running import run
from tests.cli.test_schemas import check
from tests.names.server import NSD, WHY_SKIPPED, Server, serving, silent

pytestmark = pytest.mark.skipif(NSD is None, reason=WHY_SKIPPED)

RINGFENCE = Path(sys.executable).with_name("ringfence")
MANY = [f"198.51.100.{last}" for last in range(1, 61)]
ZONE = "\n".join(
    [
        "api 30 IN A 203.0.113.7",
        "api 30 IN AAAA 2001:db8::7",
        "www 300 IN CNAME edge",
        "edge 20 IN CNAME api",
        "lost IN CNAME nowhere",
        "empty IN TXT nothing",
        *(f"many 60 IN A {address}" for address in MANY),
    ]
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose zone no test changes."""
    with serving(tmp_path_factory.mktemp("nsd"), ZONE) as running:
        yield running


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def addresses(path: Path, name: str) -> list[str]:
    return [line["address"] for line in lines(path) if line["name"] == name]


def test_a_name_is_recorded_with_both_families_and_its_ttl(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    result = run("dns", "record", "API.example.com.", "--to", str(file), "--server", server.address)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "api.example.com: 2 addresses, 2 of them new",
        f"{file} has 2 addresses of 1 name.",
    ]
    assert addresses(file, "api.example.com") == ["203.0.113.7", "2001:db8::7"]
    assert {line["ttl"] for line in lines(file)} == {30}
    assert all("chain" not in line and line["firstSeen"] == line["lastSeen"] for line in lines(file))


def test_the_names_that_an_alias_leads_through_are_kept_in_order(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    assert run("dns", "record", "www.example.com", "--to", str(file), "--server", server.address).exit_code == 0
    assert {tuple(line["chain"]) for line in lines(file)} == {("edge.example.com", "api.example.com")}
    # An answer holds no longer than the shortest part of the way to it.
    assert {line["ttl"] for line in lines(file)} == {20}
    assert {line["name"] for line in lines(file)} == {"www.example.com"}


def test_a_truncated_answer_is_asked_for_again_by_tcp(server: Server, tmp_path: Path) -> None:
    by_udp = server.udp("many.example.com", "A")
    assert by_udp.flags & dns.flags.TC
    assert sum(len(found) for found in by_udp.answer) < len(MANY)
    file = tmp_path / "names.jsonl"
    assert run("dns", "record", "many.example.com", "--to", str(file), "--server", server.address).exit_code == 0
    assert sorted(addresses(file, "many.example.com")) == sorted(MANY)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope.example.com", "no address: it doesn't exist (NXDOMAIN)"),
        ("lost.example.com", "no address: it doesn't exist (NXDOMAIN)"),
        ("empty.example.com", "no address: it has no address"),
        ("other.example.org", "failed: REFUSED"),
    ],
)
def test_a_name_without_an_address_is_told_and_the_others_are_kept(
    server: Server, tmp_path: Path, name: str, message: str
) -> None:
    file = tmp_path / "names.jsonl"
    result = run("dns", "record", name, "api.example.com", "--to", str(file), "--server", server.address)
    assert result.exit_code == 1
    assert message in result.stdout.splitlines()[0]
    assert {line["name"] for line in lines(file)} == {"api.example.com"}


def test_nothing_found_makes_no_file(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    result = run("dns", "record", "nope.example.com", "--to", str(file), "--server", server.address)
    assert result.exit_code == 1
    assert not file.exists()


def test_a_server_that_is_silent_is_given_up_in_time(tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    with silent() as address:
        start = time.monotonic()
        result = run("dns", "record", "a.example.com", "--to", str(file), "--server", address, "--timeout", "300ms")
        took = time.monotonic() - start
    assert result.exit_code == 1
    assert f"a.example.com: no address: {address} gave no answer within 0.3 s" in result.stdout
    assert took < 5


def test_every_server_is_asked_and_one_that_fails_is_told(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    with silent() as address:
        servers = ("--server", address, "--server", server.address, "--timeout", "300ms")
        result = run("dns", "record", "api.example.com", "--to", str(file), *servers)
    assert result.exit_code == 0
    expected = f"api.example.com: 2 addresses, 2 of them new (at times {address} gave no answer within 0.3 s)"
    assert result.stdout.splitlines()[0] == expected


def test_answers_that_differ_between_servers_are_put_together(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    home = tmp_path / "nsd"
    home.mkdir()
    with serving(home, "api IN A 203.0.113.99") as other:
        servers = ("--server", server.address, "--server", other.address)
        assert run("dns", "record", "api.example.com", "--to", str(file), *servers).exit_code == 0
    assert addresses(file, "api.example.com") == ["203.0.113.7", "2001:db8::7", "203.0.113.99"]


def test_what_a_file_has_is_kept_and_grows(tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    file.write_text(
        "# ours\n"
        '{"name":"api.example.com","address":"203.0.113.7","firstSeen":"2026-01-01T00:00:00Z",'
        '"lastSeen":"2026-01-02T00:00:00Z","ttl":5}\n'
        '{"name":"old.example.com","address":"203.0.113.1","firstSeen":"2026-01-01T00:00:00Z",'
        '"lastSeen":"2026-01-02T00:00:00Z"}\n',
        encoding="utf-8",
    )
    file.chmod(0o640)
    home = tmp_path / "nsd"
    home.mkdir()
    with serving(home, "api 30 IN A 203.0.113.7") as server:
        ask = ("dns", "record", "api.example.com", "--to", str(file), "--server", server.address)
        assert "api.example.com: 1 address\n" in run(*ask).stdout
        server.change("api 30 IN A 203.0.113.8")
        assert "api.example.com: 1 address, 1 of them new\n" in run(*ask).stdout
    assert file.read_text(encoding="utf-8").startswith("# ours\n")
    assert file.stat().st_mode & 0o777 == 0o640
    kept, old, new = lines(file)
    assert (kept["address"], kept["firstSeen"], kept["ttl"]) == ("203.0.113.7", "2026-01-01T00:00:00Z", 30)
    assert kept["lastSeen"] > "2026-01-02T00:00:00Z"
    assert (old["name"], old["lastSeen"]) == ("old.example.com", "2026-01-02T00:00:00Z")
    assert (new["address"], new["firstSeen"]) == ("203.0.113.8", new["lastSeen"])


def test_answers_that_change_while_it_asks_are_all_kept_when_it_is_interrupted(tmp_path: Path) -> None:
    """The command runs as its own process; the zone changes only when the answer before was recorded."""
    file = tmp_path / "names.jsonl"
    home = tmp_path / "nsd"
    home.mkdir()
    with serving(home, "api 1 IN A 203.0.113.1") as server:
        command = [str(RINGFENCE), "dns", "record", "api.example.com", "--to", str(file)]
        options = ["--server", server.address, "--every", "100ms", "--for", "90s"]
        with subprocess.Popen([*command, *options]) as process:
            for last in (1, 2, 3):
                until = time.monotonic() + 30
                while not (file.exists() and f"203.0.113.{last}" in addresses(file, "api.example.com")):
                    assert time.monotonic() < until
                    time.sleep(0.05)
                if last < 3:
                    server.change(f"api 1 IN A 203.0.113.{last + 1}")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 130
    assert addresses(file, "api.example.com") == [f"203.0.113.{last}" for last in (1, 2, 3)]
    assert list(tmp_path.glob(".*")) == []


def test_it_asks_again_for_as_long_as_it_is_told(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    again = ("--every", "100ms", "--for", "500ms")
    ask = ("dns", "record", "api.example.com", "--to", str(file), "--server", server.address, *again, "-o", "json")
    report = check(run(*ask).stdout)
    assert 1 < report["rounds"] <= 6
    assert report["records"] == 2


def test_what_was_recorded_answers_why(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    assert run("dns", "record", "api.example.com", "--to", str(file), "--server", server.address).exit_code == 0
    assert len(read_names(str(file)).of("api.example.com")) == 2
    manifests = Path(__file__).parents[2] / "examples" / "names" / "cluster.yaml"
    result = run("why", str(manifests), "shop/web-0", "api.example.com:443", "--resolve", str(file))
    assert result.stdout.startswith("shop/web-0 can NOT reach any of 2 recorded addresses of api.example.com")


def test_the_json_keeps_to_its_schema(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    ask = ("dns", "record", "www.example.com", "nope.example.com", "--to", str(file), "--server", server.address)
    report = check(run(*ask, "-o", "json").stdout)
    assert (report["file"], report["rounds"], report["records"]) == (str(file), 1, 2)
    www, nope = report["names"]
    assert www["addresses"][0] == {
        "address": "203.0.113.7",
        "new": True,
        "ttl": 20,
        "chain": ["edge.example.com", "api.example.com"],
    }
    assert nope == {"name": "nope.example.com", "addresses": [], "problems": ["it doesn't exist (NXDOMAIN)"]}


def test_a_server_that_is_gone_is_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    file = tmp_path / "names.jsonl"
    ask = ("dns", "record", "a.example.com", "--to", str(file), "--server", f"127.0.0.1:{port}", "--timeout", "1s")
    result = run(*ask)
    assert result.exit_code == 1
    assert f"a.example.com: no address: 127.0.0.1:{port} " in result.stdout
