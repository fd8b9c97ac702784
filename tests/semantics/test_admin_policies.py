"""ClusterNetworkPolicy v1alpha2, AdminNetworkPolicy and BaselineAdminNetworkPolicy v1alpha1, line by line."""

from __future__ import annotations

import pytest

from tests.semantics.cases import Case, check, network_policy, tiered


def cnp(name: str, spec: str, *, tier: str = "Admin", priority: int = 10, subject: str = "{namespaces: {}}") -> str:
    return tiered(
        "ClusterNetworkPolicy", name, f"tier: {tier}\npriority: {priority}\nsubject: {subject}\n{spec.strip()}"
    )


def anp(name: str, spec: str, *, priority: int = 10, subject: str = "{namespaces: {}}") -> str:
    return tiered("AdminNetworkPolicy", name, f"priority: {priority}\nsubject: {subject}\n{spec.strip()}")


def banp(spec: str, *, name: str = "default", subject: str = "{namespaces: {}}") -> str:
    return tiered("BaselineAdminNetworkPolicy", name, f"subject: {subject}\n{spec.strip()}")


def gress(action: str, *, peers: str = "[{namespaces: {}}]", rest: str = "") -> str:
    return f"ingress: [{{action: {action}, from: {peers}{rest}}}]"


OPEN = network_policy("open", "{podSelector: {}, ingress: [{}]}")
CLOSED = network_policy("closed", "{podSelector: {}, policyTypes: [Ingress]}")
DB = "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}}"

TIERS = (
    Case(
        "the Admin tier is judged before NetworkPolicy: its Deny and its Accept are final",
        cnp("deny", gress("Deny"), subject=DB)
        + cnp("accept", gress("Accept"), subject="{namespaces: {}}", priority=20)
        + OPEN
        + network_policy("closed", "{podSelector: {}, policyTypes: [Ingress]}", namespace="ops"),
        """
        ops/mon shop/db TCP/5432 ingress-cut
        shop/web ops/mon TCP/8081 allowed
        203.0.113.9 ops/mon TCP/8081 ingress-cut
        203.0.113.9 shop/db TCP/5432 allowed
        """,
    ),
    Case(
        "the Baseline tier is judged after NetworkPolicy: an isolated pod never gets there",
        cnp("deny", gress("Deny"), tier="Baseline")
        + network_policy("some", "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}"),
        """
        ops/mon shop/db TCP/5432 allowed
        ops/mon shop/db TCP/22 ingress-cut
        ops/mon shop/web TCP/8080 ingress-cut
        203.0.113.9 shop/web TCP/8080 allowed
        """,
    ),
    Case(
        "a Baseline Accept doesn't help a pod that a NetworkPolicy isolates",
        cnp("accept", gress("Accept"), tier="Baseline") + CLOSED,
        "ops/mon shop/web TCP/8080 ingress-cut",
    ),
    Case(
        "isolation for egress leaves the Baseline tier in force for ingress",
        cnp("deny", gress("Deny"), tier="Baseline")
        + network_policy("out", "{podSelector: {}, policyTypes: [Egress], egress: [{}]}"),
        """
        ops/mon shop/web TCP/8080 ingress-cut
        shop/web ops/mon TCP/8081 ingress-cut
        shop/web 203.0.113.9 TCP/443 allowed
        """,
    ),
    Case(
        "what no tier decides is allowed",
        cnp("narrow", gress("Deny", rest=", protocols: [{tcp: {destinationPort: {number: 22}}}]")),
        """
        ops/mon shop/web TCP/8080 allowed
        ops/mon shop/web TCP/22 ingress-cut
        """,
    ),
    Case(
        "the lower priority number is judged first",
        cnp("z-first", gress("Accept"), priority=1) + cnp("a-second", gress("Deny"), priority=2),
        "ops/mon shop/web TCP/8080 allowed",
    ),
    Case(
        "equal priorities of one tier are judged by name, and are a finding",
        cnp("a", gress("Accept"), priority=5) + cnp("b", gress("Deny"), priority=5),
        "ops/mon shop/web TCP/8080 allowed",
        codes=("RF109",),
    ),
    Case(
        "equal priorities of different tiers are no finding",
        cnp("a", gress("Pass"), priority=5) + cnp("b", gress("Deny"), priority=5, tier="Baseline"),
        "ops/mon shop/web TCP/8080 ingress-cut",
    ),
    Case(
        "rules of one policy are judged in the order written",
        cnp(
            "p",
            """
ingress:
- {action: Accept, from: [{namespaces: {matchLabels: {team: blue}}}]}
- {action: Deny, from: [{namespaces: {}}]}
- {action: Accept, from: [{namespaces: {matchLabels: {team: red}}}]}
""",
        ),
        """
        ops/mon shop/web TCP/8080 allowed
        shop/db shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "a policy without rules for a direction does not affect it",
        cnp("p", "egress: [{action: Deny, to: [{namespaces: {}}]}]\ningress: []"),
        """
        203.0.113.9 shop/web TCP/8080 allowed
        shop/web ops/mon TCP/8081 egress-cut
        """,
    ),
    Case(
        "Accept at the source does not open the destination",
        cnp("p", "egress: [{action: Accept, to: [{namespaces: {}}]}]") + CLOSED,
        "ops/mon shop/web TCP/8080 ingress-cut",
    ),
)

PASS = (
    Case(
        "Pass skips the rest of the Admin tier, also of other policies",
        cnp("p", gress("Pass"), priority=1, subject=DB) + cnp("q", gress("Deny"), priority=2) + OPEN,
        """
        ops/mon shop/db TCP/5432 allowed
        ops/mon shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "after a Pass the NetworkPolicy decides, and where none isolates, the Baseline tier",
        cnp("p", gress("Pass"), priority=1)
        + cnp("b", gress("Deny"), tier="Baseline")
        + network_policy("db", "{podSelector: {matchLabels: {app: db}}, ingress: [{}]}"),
        """
        ops/mon shop/db TCP/5432 allowed
        ops/mon shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "Pass in the Baseline tier leads to the default, which allows",
        cnp("p", gress("Pass"), tier="Baseline", priority=1) + cnp("q", gress("Deny"), tier="Baseline", priority=2),
        "ops/mon shop/web TCP/8080 allowed",
    ),
)

PEERS = (
    Case(
        "a subject of namespaces selects their pods, one of pods selects by both labels",
        cnp("n", gress("Deny"), subject="{namespaces: {matchLabels: {team: blue}}}", priority=1)
        + cnp(
            "p",
            gress("Deny"),
            subject="{pods: {namespaceSelector: {matchLabels: {team: red}}, podSelector: {matchLabels: {app: web}}}}",
            priority=2,
        ),
        """
        shop/web ops/mon TCP/8081 ingress-cut
        ops/mon shop/web TCP/8080 ingress-cut
        ops/mon shop/db TCP/5432 allowed
        """,
    ),
    Case(
        "a selector left out inside pods selects everything",
        cnp(
            "p",
            gress("Deny", peers="[{pods: {podSelector: {matchLabels: {app: mon}}}}]"),
            subject="{pods: {namespaceSelector: {matchLabels: {team: red}}}}",
        ),
        """
        ops/mon shop/web TCP/8080 ingress-cut
        shop/db shop/web TCP/8080 allowed
        """,
    ),
    Case(
        "neither subject nor peer ever means a host-network pod",
        cnp("p", gress("Deny")),
        """
        ops/mon ops/agent TCP/8080 allowed
        ops/agent shop/web TCP/8080 allowed
        """,
    ),
    Case(
        "namespaces and pods peers never mean addresses outside the cluster",
        cnp("p", "egress: [{action: Deny, to: [{namespaces: {}}, {pods: {namespaceSelector: {}, podSelector: {}}}]}]"),
        "shop/web 203.0.113.9 TCP/443 allowed",
    ),
    Case(
        "networks match pods inside the cluster as well",
        cnp("p", "egress: [{action: Deny, to: [{networks: [10.0.0.0/8, 'fd00::/16']}]}]"),
        """
        shop/web shop/db TCP/5432 egress-cut
        shop/web ops/web TCP/80 egress-cut
        shop/web shop/cache TCP/6379 allowed
        shop/web 10.9.9.9 TCP/443 egress-cut
        shop/web 203.0.113.9 TCP/443 allowed
        """,
    ),
    Case(
        "nodes match the addresses of the selected nodes: node, and host-network pod, never other pods",
        cnp("p", "egress: [{action: Deny, to: [{nodes: {matchLabels: {zone: y}}}]}]"),
        """
        shop/web 192.168.0.2 TCP/10250 egress-cut
        shop/web ops/agent TCP/8080 egress-cut
        shop/web 192.168.0.1 TCP/10250 allowed
        shop/web ops/mon TCP/8081 allowed
        """,
    ),
    Case(
        "an empty nodes selector is every node",
        cnp("p", "egress: [{action: Deny, to: [{nodes: {}}]}]"),
        """
        shop/web 192.168.0.1 TCP/10250 egress-cut
        shop/web 192.168.0.2 TCP/10250 egress-cut
        shop/web 203.0.113.9 TCP/443 allowed
        """,
    ),
    Case(
        "a domain name accepts no address for certain",
        cnp(
            "p",
            """
egress:
- {action: Accept, to: [{domainNames: ['*.example.com']}]}
- {action: Deny, to: [{networks: [0.0.0.0/0]}]}
""",
        ),
        "shop/web 203.0.113.9 TCP/443 egress-cut",
    ),
    Case(
        "a network beside a domain name accepts its addresses for certain",
        cnp(
            "p",
            """
egress:
- {action: Accept, to: [{domainNames: ['*.example.com']}, {networks: [198.51.100.0/24]}]}
- {action: Deny, to: [{networks: [0.0.0.0/0]}]}
""",
        ),
        """
        shop/web 203.0.113.9 TCP/443 egress-cut
        shop/web 198.51.100.9 TCP/443 allowed
        """,
    ),
    Case(
        "traffic from a pod's own node reaches it past any Deny, as the node probes its pods",
        cnp("p", "ingress: [{action: Deny, from: [{namespaces: {}}]}]") + CLOSED,
        """
        192.168.0.1 shop/web TCP/8080 allowed
        192.168.0.2 shop/web TCP/8080 ingress-cut
        """,
    ),
)

# What a consumer does with a part that it does not know: an Accept rule matches nothing, Deny and Pass deny all.
FAIL_CLOSED = (
    Case(
        "an Accept rule with an unknown peer matches nothing, not even by its other peers",
        cnp("p", "ingress:\n- {action: Accept, from: [{serviceAccounts: {}}, {namespaces: {}}]}") + CLOSED,
        "ops/mon shop/web TCP/8080 ingress-cut",
        codes=("RF111", "RF113", "RF118"),
    ),
    Case(
        "a Deny rule with an unknown peer denies everything, outside the cluster too and on every port",
        cnp("p", "ingress:\n- {action: Deny, from: [{}], protocols: [{tcp: {destinationPort: {number: 1}}}]}"),
        """
        203.0.113.9 shop/web TCP/8080 ingress-cut
        ops/agent shop/web UDP/53 ingress-cut
        shop/web 203.0.113.9 TCP/443 allowed
        """,
        codes=("RF111", "RF118"),
    ),
    Case(
        "a Pass rule with an unknown peer denies everything",
        cnp("p", "egress:\n- {action: Pass, to: [{serviceAccounts: {}}]}"),
        "shop/web 203.0.113.9 TCP/443 egress-cut",
        codes=("RF111", "RF113", "RF118"),
    ),
    Case(
        "ingress peers are namespaces and pods only",
        cnp("p", "ingress:\n- {action: Deny, from: [{networks: [203.0.113.0/24]}]}"),
        "198.51.100.1 shop/web TCP/8080 ingress-cut",
        codes=("RF111", "RF113", "RF118"),
    ),
    Case(
        "two peer kinds in one entry are as good as unknown",
        cnp("p", "egress:\n- {action: Deny, to: [{nodes: {}, namespaces: {}}]}"),
        "shop/web 203.0.113.9 TCP/443 egress-cut",
        codes=("RF111", "RF118"),
    ),
    Case(
        "a rule without peers fails closed",
        cnp("p", "ingress:\n- {action: Accept}\n- {action: Deny, from: []}"),
        "203.0.113.9 shop/web TCP/8080 ingress-cut",
        codes=("RF111", "RF111", "RF118", "RF118"),
    ),
    Case(
        "domainNames belong to Accept rules only",
        cnp("p", "egress:\n- {action: Deny, to: [{domainNames: [example.com]}]}"),
        "shop/web shop/db TCP/5432 egress-cut",
        codes=("RF111", "RF118"),
    ),
    Case(
        "an unknown action is read as Deny of what the rule matches",
        cnp("p", "ingress:\n- {action: Allow, from: [{namespaces: {matchLabels: {team: blue}}}]}"),
        """
        ops/mon shop/web TCP/8080 ingress-cut
        shop/db shop/web TCP/8080 allowed
        """,
        codes=("RF101",),
    ),
    Case(
        "a bad port entry fails the whole rule closed",
        cnp(
            "p",
            """
ingress:
- action: Accept
  from: [{namespaces: {}}]
  protocols: [{tcp: {destinationPort: {number: 0}}}, {udp: {destinationPort: {number: 53}}}]
- {action: Deny, from: [{pods: {podSelector: {matchLabels: {app: mon}}}}], protocols: [{icmp: {}}]}
""",
        ),
        """
        ops/web shop/web UDP/53 ingress-cut
        203.0.113.9 shop/web TCP/8080 ingress-cut
        """,
        codes=("RF106", "RF106", "RF113", "RF118", "RF118"),
    ),
    Case(
        "a policy whose tier or subject is not known is left out",
        tiered(
            "ClusterNetworkPolicy",
            "tier",
            "{tier: admin, priority: 1, subject: {namespaces: {}}, " + gress("Deny") + "}",
        )
        + cnp("both", gress("Deny"), subject="{namespaces: {}, pods: {}}")
        + cnp("none", gress("Deny"), subject="{}", priority=11),
        "ops/mon shop/web TCP/8080 allowed",
        codes=("RF101", "RF101", "RF101", "RF115", "RF115", "RF115"),
    ),
)

PORTS = (
    Case(
        "protocols of a ClusterNetworkPolicy: number, range with both ends, and a name of whichever protocol has it",
        cnp(
            "p",
            gress(
                "Deny",
                rest=", protocols: [{udp: {destinationPort: {number: 1}}},"
                " {sctp: {destinationPort: {range: {start: 10, end: 12}}}}, {destinationNamedPort: dns}]",
            ),
        ),
        """
        shop/web ops/mon UDP/1 ingress-cut
        shop/web ops/mon TCP/1 allowed
        shop/web ops/mon SCTP/9 allowed
        shop/web ops/mon SCTP/10 ingress-cut
        shop/web ops/mon SCTP/12 ingress-cut
        shop/web ops/mon SCTP/13 allowed
        shop/web ops/mon TCP/53 ingress-cut
        shop/web ops/mon UDP/53 ingress-cut
        shop/web shop/cache UDP/53 ingress-cut
        shop/web shop/cache TCP/53 allowed
        """,
    ),
    Case(
        "protocols left out or empty mean every port",
        cnp("a", gress("Deny"), subject=DB, priority=1)
        + cnp(
            "b",
            gress("Deny", rest=", protocols: []"),
            subject="{pods: {podSelector: {matchLabels: {app: web}}}}",
            priority=2,
        ),
        """
        ops/mon shop/db SCTP/1 ingress-cut
        ops/mon shop/web UDP/65535 ingress-cut
        """,
    ),
    Case(
        "ports of an AdminNetworkPolicy: portNumber and portRange with TCP as default, namedPort of any protocol",
        anp(
            "p",
            gress(
                "Deny",
                rest=", ports: [{portNumber: {port: 1}}, {portNumber: {protocol: UDP, port: 2}},"
                " {portRange: {start: 10, end: 12}}, {namedPort: dns}]",
            ),
        ),
        """
        shop/web ops/mon TCP/1 ingress-cut
        shop/web ops/mon UDP/1 allowed
        shop/web ops/mon UDP/2 ingress-cut
        shop/web ops/mon TCP/2 allowed
        shop/web ops/mon TCP/12 ingress-cut
        shop/web ops/mon TCP/13 allowed
        shop/web ops/mon UDP/11 allowed
        shop/web ops/mon TCP/53 ingress-cut
        shop/web ops/mon UDP/53 ingress-cut
        """,
    ),
    Case(
        "an empty protocol of an AdminNetworkPolicy is one that was left out",
        anp("p", gress("Deny", rest=", ports: [{portNumber: {protocol: '', port: 1}}]")),
        """
        shop/web ops/mon TCP/1 ingress-cut
        shop/web ops/mon UDP/1 allowed
        """,
    ),
    Case(
        "a named port resolves on the destination of egress too",
        cnp("p", "egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{destinationNamedPort: http}]}]"),
        """
        shop/web ops/mon TCP/8081 egress-cut
        shop/web ops/mon TCP/80 allowed
        shop/web ops/web TCP/80 egress-cut
        """,
    ),
    Case(
        "a named port beside nodes or networks is refused by the API, and matches no address outside",
        cnp("p", "egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}], protocols: [{destinationNamedPort: http}]}]"),
        "shop/web 203.0.113.9 TCP/80 allowed",
        codes=("RF106",),
    ),
)

OLDER = (
    Case(
        "AdminNetworkPolicy: Allow and Deny are final, Pass goes on to NetworkPolicy",
        anp("a", gress("Deny"), priority=1, subject=DB)
        + anp("b", gress("Allow", peers="[{namespaces: {matchLabels: {team: blue}}}]"), priority=2)
        + anp("c", gress("Pass"), priority=3)
        + anp("d", gress("Deny"), priority=4)
        + network_policy("some", "{podSelector: {}, ingress: [{ports: [{port: 1}]}]}"),
        """
        ops/mon shop/db TCP/1 ingress-cut
        ops/mon shop/web TCP/8080 allowed
        shop/db shop/web TCP/1 allowed
        shop/db shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "BaselineAdminNetworkPolicy is judged last, for pods that no NetworkPolicy isolates",
        banp(gress("Deny")) + network_policy("db", "{podSelector: {matchLabels: {app: db}}, ingress: [{}]}"),
        """
        ops/mon shop/db TCP/5432 allowed
        ops/mon shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "BaselineAdminNetworkPolicy has no Pass",
        banp(gress("Pass")),
        "ops/mon shop/web TCP/8080 ingress-cut",
        codes=("RF101",),
    ),
    Case(
        "a BaselineAdminNetworkPolicy of another name is a finding, and judged after the one named default",
        banp(gress("Deny"), name="another") + banp(gress("Allow", peers="[{namespaces: {matchLabels: {team: blue}}}]")),
        """
        ops/mon shop/web TCP/8080 allowed
        shop/db shop/web TCP/8080 ingress-cut
        """,
        codes=("RF112",),
    ),
    Case(
        "both admin APIs in one cluster are judged together by priority",
        cnp("c", gress("Accept"), priority=2)
        + anp("a", gress("Deny", peers="[{namespaces: {matchLabels: {team: blue}}}]"), priority=1),
        """
        ops/mon shop/web TCP/8080 ingress-cut
        shop/db shop/web TCP/8080 allowed
        """,
        codes=("RF117",),
    ),
    Case(
        "a priority out of bounds is a finding, and still orders",
        anp("a", gress("Deny"), priority=1001) + anp("b", gress("Allow"), priority=1000),
        "ops/mon shop/web TCP/8080 allowed",
        codes=("RF101",),
    ),
)

LIMITS = (
    Case(
        "26 rules, peers or port entries of a ClusterNetworkPolicy are a finding, and all are judged",
        cnp(
            "p",
            "ingress:\n"
            + "- {action: Pass, from: [{namespaces: {matchLabels: {x: y}}}]}\n" * 25
            + "- {action: Deny, from: [{namespaces: {}}]}",
            priority=1,
        )
        + cnp(
            "q",
            "egress:\n- action: Deny\n  to:\n"
            + "  - {namespaces: {matchLabels: {x: y}}}\n" * 25
            + "  - {namespaces: {}}",
            priority=2,
        )
        + cnp(
            "r",
            "egress:\n- action: Deny\n  to: [{networks: [0.0.0.0/0]}]\n  protocols:\n"
            + "  - {tcp: {destinationPort: {number: 1}}}\n" * 25
            + "  - {tcp: {destinationPort: {number: 2}}}",
            priority=3,
        ),
        """
        203.0.113.9 shop/web TCP/8080 allowed
        ops/mon shop/web TCP/8080 both-cut
        shop/web 203.0.113.9 TCP/2 egress-cut
        shop/web 203.0.113.9 TCP/3 allowed
        """,
        codes=("RF110", "RF110", "RF110"),
    ),
    Case(
        "an AdminNetworkPolicy may have 100 rules",
        anp(
            "p",
            "ingress:\n"
            + "- {action: Pass, from: [{namespaces: {matchLabels: {x: y}}}]}\n" * 99
            + "- {action: Deny, from: [{namespaces: {}}]}",
        ),
        "ops/mon shop/web TCP/8080 ingress-cut",
    ),
)

CASES = [*TIERS, *PASS, *PEERS, *FAIL_CLOSED, *PORTS, *OLDER, *LIMITS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_admin_policies_mean(case: Case) -> None:
    check(case)
