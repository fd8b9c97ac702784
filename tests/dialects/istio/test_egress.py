"""What a sidecar lets out under REGISTRY_ONLY: what the mesh's registry lists, and nothing else over TCP.

Source: istio.io/docs/reference/config/networking/sidecar and service-entry; the task "Accessing External Services".
"""

from __future__ import annotations

import pytest

from ringfence.model.ports import Protocol
from tests.dialects.cluster import World
from tests.dialects.istio.manifests import CLUSTER, ambient, mesh_config, pod

REGISTRY_ONLY = mesh_config("{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}")
ALLOW_ANY = mesh_config("{outboundTrafficPolicy: {mode: ALLOW_ANY}}")
SERVICES = (
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\n"
    "spec: {selector: {app: db}, ports: [{port: 80, targetPort: 8080}]}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: other}\n"
    "spec: {selector: {app: api}, ports: [{port: 80}]}\n"
)


def sidecar(spec: str, *, name: str = "s", namespace: str = "shop") -> str:
    return (
        "---\napiVersion: networking.istio.io/v1\nkind: Sidecar\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )


def entry(spec: str, *, namespace: str = "shop") -> str:
    return (
        "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\n"
        f"metadata: {{name: e, namespace: {namespace}}}\nspec: {spec}\n"
    )


def reached(text: str, source: str = "shop/web") -> set[str]:
    """Which of the destinations the source surely reaches."""
    world = World(CLUSTER + SERVICES + text)
    ends = {"db": ("shop/db", 8080), "api": ("other/api", 80), "old": ("plain/old", 80), "out": ("192.0.2.1", 443)}
    return {name for name, (end, port) in ends.items() if world.allowed(source, end, port)}


ALL = {"db", "api", "old", "out"}
OUT = "ports: [{number: 443, name: tls, protocol: TLS}]"
OTHER = "egress: [{hosts: ['other/*']}]"
ONLY = "outboundTrafficPolicy: {mode: REGISTRY_ONLY}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ALL),
        (ALLOW_ANY, ALL),
        (REGISTRY_ONLY, {"db", "api"}),
        # Addresses are exact.
        (REGISTRY_ONLY + entry(f"{{hosts: [x.example], addresses: [192.0.2.0/24], {OUT}}}"), {"db", "api", "out"}),
        (REGISTRY_ONLY + entry(f"{{hosts: [x.example], addresses: [192.0.3.0/24], {OUT}}}"), {"db", "api"}),
        (REGISTRY_ONLY + entry("{hosts: [x.example], addresses: [192.0.2.1], ports: [{number: 80}]}"), {"db", "api"}),
        # An entry of another namespace is seen if it is exported.
        (
            REGISTRY_ONLY + entry(f"{{hosts: [x.example], addresses: [192.0.2.1], {OUT}}}", namespace="other"),
            {"db", "api", "out"},
        ),
        (
            REGISTRY_ONLY
            + entry(f"{{hosts: [x.example], addresses: [192.0.2.1], exportTo: ['.'], {OUT}}}", namespace="other"),
            {"db", "api"},
        ),
        # A Sidecar limits what is listed; the nearest one counts.
        (sidecar(f"{{{ONLY}}}"), {"db", "api"}),
        (sidecar(f"{{egress: [{{hosts: ['./*']}}], {ONLY}}}"), {"db"}),
        (sidecar(f"{{egress: [{{hosts: ['other/*']}}], {ONLY}}}"), {"api"}),
        (sidecar(f"{{egress: [{{hosts: ['*/api.other.svc.cluster.local']}}], {ONLY}}}"), {"api"}),
        (sidecar(f"{{egress: [{{hosts: ['*/*.other.svc.cluster.local']}}], {ONLY}}}"), {"api"}),
        (sidecar(f"{{egress: [{{hosts: ['~/*']}}], {ONLY}}}"), set()),
        (sidecar(f"{{egress: [{{port: {{number: 81}}, hosts: ['*/*']}}], {ONLY}}}"), set()),
        (sidecar("{egress: [{hosts: ['./*']}]}"), ALL),
        (REGISTRY_ONLY + sidecar("{egress: [{hosts: ['./*']}]}"), {"db"}),
        (REGISTRY_ONLY + sidecar("{outboundTrafficPolicy: {mode: ALLOW_ANY}}"), ALL),
        (sidecar(f"{{{ONLY}}}", namespace="istio-system"), {"db", "api"}),
        (sidecar(f"{{egress: [{{hosts: ['./*']}}], {ONLY}}}", namespace="istio-system"), {"db"}),
        (sidecar(f"{{{ONLY}}}", namespace="other"), ALL),
        (
            sidecar(f"{{egress: [{{hosts: ['./*']}}], {ONLY}}}")
            + sidecar(
                f"{{workloadSelector: {{labels: {{app: web}}}}, egress: [{{hosts: ['other/*']}}], {ONLY}}}", name="w"
            ),
            {"api"},
        ),
        (
            sidecar(f"{{egress: [{{hosts: ['./*']}}], {ONLY}}}")
            + sidecar(
                f"{{workloadSelector: {{labels: {{app: db}}}}, egress: [{{hosts: ['other/*']}}], {ONLY}}}", name="w"
            ),
            {"db"},
        ),
    ],
)
def test_what_a_sidecar_lets_out(text: str, expected: set[str]) -> None:
    assert reached(text) == expected


def test_only_sidecars_are_limited_and_only_over_tcp() -> None:
    assert reached(REGISTRY_ONLY, "plain/old") == ALL
    more = ambient("amb") + pod("amb", "calls", "10.0.0.7", mesh=False)
    world = World(CLUSTER + more + REGISTRY_ONLY)
    assert world.allowed("amb/calls", "192.0.2.1", 443)
    assert world.allowed("shop/web", "192.0.2.1", 53, Protocol.UDP)
    assert not world.allowed("shop/web", "192.0.2.1", 443)


def test_a_listed_name_is_a_condition_for_addresses_outside() -> None:
    world = World(CLUSTER + REGISTRY_ONLY + entry(f"{{hosts: [api.example], resolution: DNS, {OUT}}}"))
    assert world.verdict("shop/web", "192.0.2.1", 443).conditional
    assert not world.verdict("shop/web", "192.0.2.1", 80).conditional


def test_a_static_entry_lists_its_endpoints_at_their_port() -> None:
    spec = (
        "{hosts: [x.example], resolution: STATIC, ports: [{number: 443, targetPort: 8443}],"
        " endpoints: [{address: 192.0.2.1}]}"
    )
    world = World(CLUSTER + REGISTRY_ONLY + entry(spec))
    assert world.allowed("shop/web", "192.0.2.1", 8443)
    assert not world.allowed("shop/web", "192.0.2.2", 8443)
    assert not world.verdict("shop/web", "192.0.2.1", 80).conditional


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (sidecar("{outboundTrafficPolicy: {mode: SOME}}"), "RF101"),
        (sidecar("{egress: [{hosts: [db]}]}"), "RF101"),
        (sidecar("{egress: [{}]}"), "RF101"),
        (sidecar("{egress: {}}"), "RF101"),
        (entry("{ports: [{number: 443}]}"), "RF101"),
        (entry("{hosts: [a.example], ports: [{number: '443'}]}"), "RF106"),
        (entry("{hosts: [a.example], addresses: [a], ports: []}"), "RF103"),
    ],
)
def test_what_is_refused_is_told(text: str, code: str) -> None:
    found = [each for each in World(CLUSTER + text).cluster.findings if each.code.code == code]
    assert found
    assert found[0].origin.position.line > 0
