"""The map in a real browser: drawn, searched, filtered, asked by pointer and by keyboard, and at phone width."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ringfence.server.source import Loaded
from tests.render.test_html_browser import CHROMIUM
from tests.server.browsing import SERIOUS, browsing
from tests.server.recorded import flows_of, small, small_store
from tests.server.serving import serving

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")

FRONTEND, CART = "shop/Deployment/frontend", "shop/Deployment/cart"
DRAWN = "#drawing[data-drawn]"

GRAPH = "document.getElementById('drawing')._cyreg.cy"
"""Cytoscape's own handle, which it leaves at its container."""


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with browsing(browser, address) as found:
        yield found


def graph(page: Page, expression: str) -> Any:
    return page.evaluate(f"(() => {{ const cy = {GRAPH}; return {expression}; }})()")


def eventually(page: Page, expression: str) -> None:
    """Waits for the picture. Playwright's own way to wait takes ``eval``, which the policy refuses."""
    end = time.monotonic() + 10
    while not graph(page, expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(30)


def names(page: Page, selector: str) -> set[str]:
    return set(graph(page, f"cy.nodes({selector!r}).map((node) => node.data('name'))"))


def click(page: Page, expression: str) -> None:
    """Clicks where Cytoscape shows a point of the picture."""
    at = graph(page, expression)
    box = page.locator("#drawing").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])


POD = """\
{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {space}, labels: {{app: {name}}}}},
 spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: 8080}}]}}]}}}}
"""

SPACE = """\
{{apiVersion: v1, kind: Namespace, metadata: {{name: {space}, labels: {{team: {team}}}}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: own, namespace: {space}}}
spec:
  podSelector: {{}}
  ingress:
  - from:
    - podSelector: {{}}
    - namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {after}}}}}
"""


def many(directory: Path, spaces: int, workloads: int) -> Loaded:
    """A cluster in which each namespace admits its own pods and those of the next."""
    texts = []
    for number in range(spaces):
        space, after = f"ns{number:02}", f"ns{(number + 1) % spaces:02}"
        texts.append(SPACE.format(space=space, team=f"t{number % 5}", after=after))
        texts += [POD.format(name=f"w{each:02}", space=space) for each in range(workloads)]
    path = directory / "many.yaml"
    path.write_text("---\n".join(texts), encoding="utf-8")
    return Loaded([str(path)], name="many")


def test_everything_is_drawn_and_said(page: Page) -> None:
    page.goto("/map")
    page.wait_for_selector(DRAWN)
    assert graph(page, "cy.nodes().length") == 29
    assert names(page, ".outside") == {"outside:internet", "outside:private"}
    expect(page.locator("#told")).to_contain_text("29 boxes, 100 connections")
    expect(page.get_by_role("region", name="Boxes").get_by_role("row")).to_have_count(30)
    expect(page.get_by_role("region", name="Connections").get_by_role("row")).to_have_count(101)
    painted = "document.querySelectorAll('#drawing canvas').length"
    assert page.evaluate(painted) >= 1


def test_the_picture_needs_no_style_that_the_policy_refuses(page: Page) -> None:
    page.goto("/map")
    page.wait_for_selector(DRAWN)
    assert page.evaluate("document.querySelectorAll('style').length") == 0
    assert page.evaluate("getComputedStyle(document.getElementById('drawing')).position") == "relative"


def test_a_box_is_chosen_by_pointer_and_the_rest_fades(page: Page) -> None:
    page.goto("/map")
    page.wait_for_selector(DRAWN)
    click(page, f"cy.getElementById('n {CART}').renderedPosition()")
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_role("heading", level=2)).to_have_text("cart")
    expect(panel).to_contain_text("isolated for ingress")
    expect(panel).to_contain_text("shop/NetworkPolicy/cart")
    assert CART in names(page, ".lit")
    assert "kube-system/Deployment/coredns" in names(page, ".lit")  # every pod of shop may ask the DNS
    assert "data/StatefulSet/opensearch" in names(page, ".faded")


def test_a_line_is_clicked_and_its_rules_stand_with_their_lines(page: Page) -> None:
    page.goto("/map")
    page.wait_for_selector(DRAWN)
    graph(
        page, f"cy.getElementById('e {CART} {FRONTEND}').emit('tap').length"
    )  # by itself: lines may lie on one another
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_role("heading", level=2)).to_contain_text(FRONTEND)
    expect(panel).to_contain_text("TCP 8080")
    expect(panel).to_contain_text("shop/policies.yaml:")
    expect(panel.locator("pre").last).to_contain_text("- from:")
    panel.get_by_role("link", name="The other way").click()
    expect(panel.get_by_role("heading", level=2)).to_contain_text(f"{CART} → {FRONTEND}")
    expect(panel).to_contain_text("Nothing is allowed.")
    panel.get_by_role("link", name="The other way").click()
    panel.get_by_role("link", name="The whole answer: why").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("can reach")


def test_a_name_is_found_and_its_namespace_unfolded_for_it(page: Page) -> None:
    page.goto("/map?unfold=-")
    page.wait_for_selector(DRAWN)
    assert names(page, ".workload") == set()
    search = page.get_by_label("Find a namespace, workload or pod")
    search.fill("postgr")
    expect(page.locator("#found option")).not_to_have_count(0)
    search.press("Enter")
    expect(page.get_by_role("complementary", name="Details").get_by_role("heading", level=2)).to_have_text("postgres")
    eventually(page, "cy.nodes('.chosen').length === 1")
    assert names(page, ".chosen") == {"data/StatefulSet/postgres"}
    search.fill("no such thing")
    search.press("Enter")
    expect(page.locator("#told")).to_have_text("Nothing is called no such thing.")


def test_filters_hold_for_the_picture_and_the_tables_and_stay_in_the_address(page: Page) -> None:
    page.goto("/map?unfold=-")
    page.wait_for_selector(DRAWN)
    page.get_by_label("Port", exact=True).fill("6379")
    page.get_by_label("Port", exact=True).press("Enter")
    page.wait_for_url("**/map?port=6379&unfold=-")
    expect(page.get_by_role("region", name="Connections")).to_contain_text("TCP 6379")
    eventually(page, "cy.getElementById('e payments shop').empty()")
    assert graph(page, "cy.getElementById('e data shop').nonempty()")
    page.get_by_label("only outside").check()
    page.wait_for_url("**&external=true**")
    page.reload()
    page.wait_for_selector(DRAWN)
    assert page.get_by_label("only outside").is_checked()


def test_by_keyboard_alone_a_line_is_found_opened_and_left(page: Page) -> None:
    page.goto("/map")
    page.wait_for_selector(DRAWN)
    page.get_by_role("region", name="Connections").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    row = page.evaluate("document.activeElement.closest('tr').rowIndex")
    assert row == 3
    said = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Details").get_by_role("heading", level=2)).to_be_focused()
    assert graph(page, "cy.edges('.chosen').length") == 1
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == said
    assert graph(page, "cy.elements('.faded').length") == 0
    page.get_by_role("link", name="Fold payments").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Unfold payments")).to_be_focused()
    assert "payments/Deployment/payments" not in names(page, "")


def test_at_phone_width_the_tables_come_first_and_nothing_sticks_out(browser: Browser, address: str) -> None:
    with browsing(browser, address, "dark", 390, 844) as page:
        page.goto("/map")
        page.wait_for_selector(DRAWN)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        tables, picture = page.locator("#listed").bounding_box(), page.locator("#drawing").bounding_box()
        assert tables is not None
        assert picture is not None
        assert tables["y"] < picture["y"]
        page.get_by_role("region", name="Boxes").get_by_role("link", name="redis", exact=True).click()
        expect(page.get_by_role("complementary", name="Details").get_by_role("heading", level=2)).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_axe_finds_nothing_serious_with_the_panel_open(page: Page) -> None:
    page.goto("/map")
    page.wait_for_selector(DRAWN)
    page.get_by_role("region", name="Connections").get_by_role("link").nth(5).click()
    expect(page.get_by_role("complementary", name="Details").get_by_role("heading", level=2)).to_be_focused()
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []


def test_the_picture_takes_the_colours_of_the_system(browser: Browser, address: str) -> None:
    with browsing(browser, address, "dark") as page:
        page.goto("/map")
        page.wait_for_selector(DRAWN)
        dark = graph(page, "cy.nodes('.workload')[0].style('background-color')")
        page.emulate_media(color_scheme="light")
        eventually(page, f"cy.nodes('.workload')[0].style('background-color') !== {dark!r}")


def test_tables_and_lines_are_read_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/map")
    page.get_by_role("link", name="Fold shop").click()
    expect(page.get_by_role("link", name="Unfold shop")).to_be_visible()
    page.get_by_role("region", name="Connections").get_by_role("link", name="shop to kube-system").first.click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("shop → kube-system")
    context.close()


HOSTILE = """\
apiVersion: v1
kind: Pod
metadata: {{name: "<img src=x onerror=alert(1)>", namespace: "a&b", labels: {{"k": "<b>"}}}}
spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: 80}}]}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: "\\u202egnp.exe", namespace: "{long}"}}
spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: 80}}]}}]}}
"""


def test_hostile_names_are_text(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.yaml"
    path.write_text(HOSTILE.format(long="x" * 400), encoding="utf-8")
    with serving(Loaded([str(path)], name="hostile")) as address, browsing(browser, address) as page:
        page.goto("/map")
        page.wait_for_selector(DRAWN)
        expect(page.get_by_role("main")).to_contain_text("Everything may talk to everything: there is no policy.")
        assert page.evaluate("document.querySelectorAll('#map img, #map b').length") == 0
        page.get_by_role("region", name="Boxes").get_by_role("link", name="<img").click()
        panel = page.get_by_role("complementary", name="Details")
        expect(panel.get_by_role("heading", level=2)).to_have_text("<img src=x onerror=alert(1)>")
        expect(panel).to_contain_text("k=<b>")
        assert "\u202e" not in str(graph(page, "cy.nodes().map((node) => node.data('label')).join()"))
        assert "\u202e" not in page.get_by_role("main").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        panel.get_by_role("link", name="xxx").first.click()
        expect(panel.get_by_role("heading", level=2)).to_contain_text("→")


def test_thirty_namespaces_of_ten_are_drawn_folded_and_one_unfolds(browser: Browser, tmp_path: Path) -> None:
    with serving(many(tmp_path, 30, 10)) as address, browsing(browser, address) as page:
        page.goto("/map")
        page.wait_for_selector(DRAWN)
        assert len(names(page, ".namespace")) == 30
        assert names(page, ".workload") == set()
        page.get_by_role("link", name="Unfold ns07").click()
        eventually(page, "cy.nodes('.workload').length === 10")
        assert graph(page, "cy.edges().length") > 0
        page.get_by_label("Team or label").select_option("team=t3")
        page.wait_for_url("**label=team*")
        assert {"ns03", "ns08", "ns28"} <= names(page, ".namespace")
        page.get_by_role("button", name="Unfold all").click()
        eventually(page, "cy.nodes('.workload').length > 100")
        expect(page.locator("#told")).to_contain_text("choose a box to see its own")
        assert graph(page, "cy.edges().length") == 0
        page.get_by_role("region", name="Boxes").get_by_role("link", name="w03", exact=True).first.click()
        eventually(page, "cy.edges().length > 0")


def test_more_than_can_be_drawn_is_said_and_what_was_drawn_stays(browser: Browser, tmp_path: Path) -> None:
    with serving(many(tmp_path, 7, 100)) as address:
        context = browser.new_context(base_url=address)  # it logs the refusal, so nothing else is asked of it
        page = context.new_page()
        page.goto("/map")
        page.wait_for_selector(DRAWN)
        page.get_by_role("button", name="Unfold all").click()
        expect(page.locator("#told")).to_contain_text("700 boxes, and a map draws 600")
        assert len(names(page, ".namespace")) == 7
        page.get_by_role("link", name="Unfold ns01").click()
        eventually(page, "cy.nodes('.workload').length === 100")
        context.close()


def test_what_flows_show_to_be_denied_is_drawn_alone_on_demand(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    source = small(tmp_path / "cluster")
    with (
        flows_of(source, small_store(tmp_path, tmp_path / "cluster")) as flows,
        serving(source, flows=flows) as address,
        browsing(browser, address) as page,
    ):
        page.goto("/map?unfold=-")
        page.wait_for_selector(DRAWN)
        page.get_by_label("only denied in flows").check()
        page.wait_for_url("**denied=true**")
        eventually(page, "cy.edges().length === 1")
        assert names(page, ".namespace") == {"shop", "data"}  # a replica of web was denied at db
        assert graph(page, "cy.edges()[0].hasClass('denied')")
        expect(page.get_by_role("region", name="Connections")).to_contain_text("denied in flows")


def test_an_empty_input_says_what_to_do(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("{apiVersion: v1, kind: Namespace, metadata: {name: a}}", encoding="utf-8")
    with serving(Loaded([str(path)], name="empty")) as address, browsing(browser, address) as page:
        page.goto("/map")
        expect(page.get_by_role("main")).to_contain_text("There is no pod in the input")
