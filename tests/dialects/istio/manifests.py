"""One cluster for the tests of a mesh: in namespace shop web and db, in other api, in plain old outside the mesh."""

from __future__ import annotations

from ringfence.model.ports import Protocol
from tests.dialects.cluster import World


def pod(namespace: str, name: str, address: str, account: str = "default", *, mesh: bool = True) -> str:
    """A running pod; one of the mesh has the label that the injector gives."""
    label = ", security.istio.io/tlsMode: istio" if mesh else ""
    return (
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace},"
        f" labels: {{app: {name}{label}}}}}\nspec: {{serviceAccountName: {account}}}\nstatus: {{podIP: {address}}}\n"
    )


CLUSTER = (
    pod("shop", "web", "10.0.0.1", "web")
    + pod("shop", "db", "10.0.0.2")
    + pod("other", "api", "10.0.0.3", "robot")
    + pod("plain", "old", "10.0.0.4", mesh=False)
)
SOURCES = {"web": "shop/web", "api": "other/api", "old": "plain/old", "world": "8.8.8.8"}
EVERYONE = set(SOURCES)
IN_MESH = {"web", "api"}


def policy(spec: str, *, name: str = "p", namespace: str = "shop", annotations: str = "{}") -> str:
    """An AuthorizationPolicy with this spec in flow style."""
    return (
        "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
        f"metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}\nspec: {spec}\n"
    )


def peer_authentication(spec: str, *, name: str = "p", namespace: str = "shop", made: str = "") -> str:
    """A PeerAuthentication, made at a time where one is given."""
    time = f', creationTimestamp: "{made}"' if made else ""
    return (
        "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\n"
        f"metadata: {{name: {name}, namespace: {namespace}{time}}}\nspec: {spec}\n"
    )


def ambient(namespace: str) -> str:
    """The namespace asks for ztunnel."""
    return (
        f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}, "
        "labels: {istio.io/dataplane-mode: ambient}}\n"
    )


def mesh_config(mesh: str, *, name: str = "istio", namespace: str = "istio-system") -> str:
    """The ConfigMap of istiod with this text in flow style."""
    return (
        f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        f"data:\n  mesh: |\n    {mesh}\n"
    )


def callers(text: str, port: int = 80, protocol: Protocol = Protocol.TCP, *, cluster: str = CLUSTER) -> set[str]:
    """Who surely may connect to db."""
    world = World(cluster + text)
    return {name for name, end in SOURCES.items() if world.allowed(end, "shop/db", port, protocol)}


def possible(text: str, port: int = 80, *, cluster: str = CLUSTER) -> set[str]:
    """Who may connect to db if a condition holds."""
    world = World(cluster + text)
    return {name for name, end in SOURCES.items() if world.verdict(end, "shop/db", port).conditional}
