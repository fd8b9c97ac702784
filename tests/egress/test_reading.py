"""What is wrong with a request is told at its place, all at once; nothing is guessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ringfence.egress import read
from ringfence.egress.problems import BadRequestError
from ringfence.egress.request import NameTarget, RangeTarget, ServiceTarget, Wild
from ringfence.sources.documents import read_documents
from tests.clusters import raw_objects
from tests.egress.worlds import REQUEST

HEAD = """\
apiVersion: ringfence.dev/v1
kind: EgressRequest
metadata: {name: pay, namespace: shop}
"""


def problems(text: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "r.yaml"
    path.write_text(text, encoding="utf-8")
    documents = read_documents([str(path)], ("EgressRequest",))
    with pytest.raises(BadRequestError) as caught:
        read(documents.objects, documents.problems)
    return [line.strip().replace(f"{path}:", "") for line in str(caught.value).splitlines()[1:]]


def test_a_request_is_read_in_full() -> None:
    (request,) = read(raw_objects(REQUEST))
    assert (request.app, request.tier, request.owner) == ("web", "front", "payments")
    assert request.expires == dt.date(2027, 3, 31)
    assert [type(each) for each in request.destinations] == [NameTarget, RangeTarget, ServiceTarget]
    assert [[str(port) for port in entry.ports] for entry in request.entries] == [
        ["TCP 443"],
        ["TCP 8000-8010", "UDP 9000"],
        [],
    ]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("API.Pay.Example.", NameTarget("api.pay.example")),
        ("'*.pay.example'", NameTarget("pay.example", Wild.ONE_LABEL)),
        ("'**.pay.example'", NameTarget("pay.example", Wild.LABELS)),
        ("data/db", ServiceTarget("data", "db")),
    ],
)
def test_destinations_are_told_apart(text: str, target: NameTarget | ServiceTarget) -> None:
    (request,) = read(raw_objects(f"{HEAD}spec: {{app: web, egress: [{{to: {text}, ports: 443}}]}}\n"))
    assert list(request.destinations) == [target]


@pytest.mark.parametrize(
    ("spec", "at", "said"),
    [
        ("{ap: web, egress: [{to: a.example, ports: 1}]}", "ap:", "Did you mean app?"),
        ("{app: web, egress: [{too: a.example, ports: 1}]}", "too:", "Did you mean to?"),
        ("{app: web, selector: {a: b}, egress: [{to: a.example, ports: 1}]}", "{a: b}", "not by both"),
        ("{selector: {}, egress: [{to: a.example, ports: 1}]}", "{}", "every pod"),
        ("{app: web, egress: []}", "[]", "asks for nothing"),
        ("{app: web, egress: [{to: a.example}]}", "{to", "has no ports"),
        ("{app: web, egress: [{to: a.*.example, ports: 1}]}", "a.*", "star elsewhere"),
        ("{app: web, egress: [{to: 503.0.0.0/8, ports: 1}]}", "503", "is no address range"),
        ("{app: web, egress: [{to: 10.0.0.300, ports: 1}]}", "10.0.0.300", "is no address"),
        ("{app: web, egress: [{to: localhost, ports: 1}]}", "localhost", "is no destination"),
        ("{app: web, egress: [{to: 'service:db', ports: 1}]}", "'service", "names no Service"),
        ("{app: web, egress: [{to: a.example, ports: 0}]}", "0}", "from 1 to 65535"),
        ("{app: web, egress: [{to: a.example, ports: 9-8}]}", "9-8", "Did you mean 8-9?"),
        ("{app: web, egress: [{to: a.example, ports: 53/UPD}]}", "53/", "UDP"),
        ("{app: web, egress: [{to: a.example, ports: 1, protocol: ICMP}]}", "ICMP", "TCP, UDP and SCTP"),
        ("{app: web, expires: soon, egress: [{to: a.example, ports: 1}]}", "soon", "no date"),
        ("{app: web, owner: null, egress: [{to: a.example, ports: 1}]}", "null", "is empty"),
    ],
)
def test_every_mistake_has_its_place_and_a_way_out(spec: str, at: str, said: str, tmp_path: Path) -> None:
    found = problems(f"{HEAD}spec: {spec}\n", tmp_path)
    place = f"4:{len('spec: ') + spec.index(at) + 1}"
    assert any(line.startswith(f"{place}: ") and said in line for line in found), found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    found = problems(f"{HEAD}spec: {{app: web, egress: [{{to: a, ports: 0}}, {{to: b.example, port: 1}}]}}\n", tmp_path)
    assert len(found) == 4


def test_another_spelling_of_the_kind_is_no_silence(tmp_path: Path) -> None:
    (line,) = problems(HEAD.replace("EgressRequest", "EgressRequests"), tmp_path)
    assert "Did you mean EgressRequest?" in line


def test_a_request_twice_is_a_mistake(tmp_path: Path) -> None:
    (line,) = problems(f"{REQUEST}---\n{REQUEST}", tmp_path)
    assert "another request named pay" in line
