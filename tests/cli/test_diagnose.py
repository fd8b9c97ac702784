"""``ringfence diagnose`` on the command line: formats, statuses and options."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.running import BROKEN, run, write
from tests.cli.test_schemas import check
from tests.diagnose.diagnosing import policy
from tests.survey.manifests import Json, deployment, dns_pods, service, written

OBJECTS: list[Json] = [
    *dns_pods(8053),
    deployment("web", env={"API": "http://api"}),
    deployment("api", ports={"http": 8080}),
    service("api", ports=[{"port": 80, "targetPort": 8080}]),
]
DENY = policy("default-deny", ingress=[], egress=[])
HOSTILE = '<img src=x onerror="alert(1)">|`*_'


def cluster(directory: Path, *objects: Json) -> str:
    path = directory / "cluster.json"
    path.write_text(written(*objects), encoding="utf-8")
    return str(path)


def test_the_first_line_is_the_cause_and_the_second_its_place(tmp_path: Path) -> None:
    path = cluster(tmp_path, *OBJECTS, DENY)
    result = run("diagnose", "-q", path)
    assert result.exit_code == 1
    first, second, *_ = result.stdout.splitlines()
    assert first == (
        "NetworkPolicy shop/default-deny isolates every pod of namespace shop, and no rule allows what they need: DNS "
        "is cut for 2 workloads of namespace shop; shop/Deployment/web can't reach service:shop/api on TCP 80."
    )
    assert second.strip().startswith(path)
    assert "Allow DNS to the DNS pods, on the ports that they listen on: UDP 8053 and TCP 8053." in result.stdout
    assert f"$ ringfence generate allow-dns {path} -n shop" in result.stdout
    assert f"$ ringfence fix {path} shop/Deployment/web service:shop/api:80" in result.stdout


def test_nothing_cut_is_status_0_and_says_what_was_looked_at(tmp_path: Path) -> None:
    result = run("diagnose", "-q", cluster(tmp_path, *OBJECTS))
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "Nothing that is known to be needed is cut: DNS and 1 known dependency are allowed."
    )


def test_an_input_that_shows_no_needs_does_not_claim_that_all_is_well(tmp_path: Path) -> None:
    result = run("diagnose", "-q", cluster(tmp_path, deployment("web"), DENY))
    assert result.exit_code == 0
    assert result.stdout.startswith("The input shows nothing that is needed")


def test_wanted_connections_are_read_from_a_file_or_stdin(tmp_path: Path) -> None:
    path = cluster(tmp_path, deployment("web"), deployment("api"), DENY)
    rows = "src,dst,protocol,port\nshop/Deployment/web,shop/Deployment/api,TCP,80\n"
    given = run("diagnose", "-q", path, "--wanted", "-", stdin=rows)
    (tmp_path / "wanted.csv").write_text(rows, encoding="utf-8")
    from_file = run("diagnose", "-q", path, "--wanted", str(tmp_path / "wanted.csv"))
    assert (given.exit_code, from_file.exit_code) == (1, 1)
    assert "shop/Deployment/web can't reach shop/Deployment/api on TCP 80" in given.stdout
    assert "wanted.csv:2" in from_file.stdout


def test_a_wanted_connection_that_means_nothing_is_told_and_is_status_1(tmp_path: Path) -> None:
    rows = "src,dst,protocol,port\nshop/Deployment/web,shop/Deployment/nobody,TCP,80\n"
    result = run("diagnose", "-q", cluster(tmp_path, deployment("web")), "--wanted", "-", stdin=rows)
    assert result.exit_code == 1
    assert "A wanted connection can't be judged: There is no workload shop/Deployment/nobody" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-n", "nowhere"), "There is no namespace nowhere in the input."),
        (("--wanted", "missing.csv"), "missing.csv: No such file"),
        (("--wanted", "-", "-"), "can't both read stdin"),
    ],
)
def test_wrong_usage_is_status_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("diagnose", cluster(tmp_path, deployment("web")), *arguments, stdin="")
    assert result.exit_code == 2
    assert message in result.stderr


def test_only_the_namespaces_asked_for(tmp_path: Path) -> None:
    other = [deployment("jobs", "ops", env={"API": "http://api.shop"}), policy("deny", "ops", egress=[])]
    path = cluster(tmp_path, *OBJECTS, *other, DENY)
    report = json.loads(run("diagnose", path, "-n", "ops", "-o", "json").stdout)
    assert {loss["src"] for problem in report["problems"] for loss in problem["losses"]} == {"ops/Deployment/jobs"}


@pytest.mark.parametrize("objects", [[], [DENY], [policy("p", pods={"app": "x"}, ingress=[]), DENY]])
def test_json_follows_its_schema(tmp_path: Path, objects: list[Json]) -> None:
    path = cluster(tmp_path, *OBJECTS, *objects, deployment("agent", hostNetwork=True))
    assert check(run("diagnose", path, "-o", "json").stdout)["cut"] == (DENY in objects)


def test_json_of_broken_input_carries_the_findings(tmp_path: Path) -> None:
    report = check(run("diagnose", write(tmp_path, broken=BROKEN), "-o", "json").stdout)
    assert report["findings"]


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_one_page_in_which_no_name_is_markup(tmp_path: Path) -> None:
    path = cluster(
        tmp_path, *OBJECTS[:2], deployment("web", env={"API_URL": f"http://api {HOSTILE}"}), *OBJECTS[3:], DENY
    )
    page = Tags(run("diagnose", path, "-o", "html").stdout)
    assert "img" not in page.tags
    assert "script" not in page.tags
    assert HOSTILE in page.text
    assert "default-deny isolates every pod" in page.text


def test_markdown_keeps_names_inert(tmp_path: Path) -> None:
    path = cluster(
        tmp_path, *OBJECTS[:2], deployment("web", env={"API_URL": f"http://api {HOSTILE}"}), *OBJECTS[3:], DENY
    )
    text = run("diagnose", path, "-o", "md").stdout
    assert "\\<img src=x" in text
    assert "<img" not in text.replace("\\<img", "")


def test_long_lists_are_cut_short_unless_all_is_asked_for(tmp_path: Path) -> None:
    many = [deployment(f"web-{i:02}", env={"API": "http://api"}) for i in range(30)]
    path = cluster(tmp_path, *OBJECTS, *many, DENY)
    short, long = run("diagnose", "-q", path).stdout, run("diagnose", "-v", path).stdout
    assert "more; -v shows all" in short
    assert "more; -v shows all" not in long
    assert long.count("→ service:shop/api:80") == 31


def test_a_remark_that_is_set_aside_is_counted_apart_in_every_format(tmp_path: Path) -> None:
    limit = policy("limit", egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443}]}])
    limit["metadata"]["annotations"] = {"ringfence.dev/ignore": "RF404: the mirror has no fixed range"}
    path = cluster(tmp_path, *OBJECTS, limit, deployment("jobs"))
    text = run("diagnose", "-q", path).stdout
    assert "Set aside\n  - NetworkPolicy shop/limit limits egress of namespace shop" in text
    assert "Worth a look" not in text
    document = check(run("diagnose", path, "-o", "json").stdout)
    assert [(each["topic"], each["code"]) for each in document["setAside"]] == [("way-out", "RF404")]
    assert "Set aside" in run("diagnose", "-q", path, "-o", "md").stdout
    assert "Set aside" in run("diagnose", "-q", path, "-o", "html").stdout


def test_the_commands_of_a_remark_are_in_every_format(tmp_path: Path) -> None:
    guard = policy("guard", pods={"app": "appi"}, ingress=[])
    path = cluster(tmp_path, *OBJECTS, guard)
    command = "kubectl patch networkpolicy.v1.networking.k8s.io guard -n shop --type=json -p "
    assert f"        $ {command}" in run("diagnose", "-q", path).stdout
    assert f"  - `{command}" in run("diagnose", "-q", path, "-o", "md").stdout
    assert command in run("diagnose", "-q", path, "-o", "html").stdout
    document = check(run("diagnose", path, "-o", "json").stdout)
    assert document["remarks"][0]["topic"] == "missed"
    assert document["remarks"][0]["commands"][0].startswith(command)
