"""NetworkPolicy v1, line by line of the API reference and of the end-to-end tests."""

from __future__ import annotations

import pytest

from tests.semantics.cases import Case, check, network_policy as policy

ISOLATION = (
    Case(
        "without a policy everything is allowed",
        "",
        """
        shop/web shop/db TCP/5432 allowed
        203.0.113.9 shop/web UDP/1 allowed
        shop/web 203.0.113.9 SCTP/65535 allowed
        """,
    ),
    Case(
        "a pod is isolated for ingress when a policy of its namespace selects it and names Ingress",
        policy("deny", "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}"),
        """
        shop/web shop/db TCP/5432 ingress-cut
        ops/mon shop/db TCP/5432 ingress-cut
        203.0.113.9 shop/db TCP/5432 ingress-cut
        shop/db shop/web TCP/8080 allowed
        shop/db 203.0.113.9 TCP/443 allowed
        shop/db shop/cache TCP/6379 allowed
        """,
    ),
    Case(
        "a policy never selects pods of another namespace",
        policy("deny", "{podSelector: {}, policyTypes: [Ingress, Egress]}"),
        """
        ops/mon ops/web TCP/80 allowed
        ops/web 203.0.113.9 TCP/443 allowed
        shop/web ops/mon TCP/8081 egress-cut
        ops/mon shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "policyTypes left out means Ingress, and Egress only where an egress rule is present",
        policy("in", "{podSelector: {matchLabels: {app: db}}}")
        + policy("out", "{podSelector: {matchLabels: {app: web}}, egress: [{ports: [{port: 443}]}]}"),
        """
        shop/db shop/cache TCP/6379 allowed
        shop/cache shop/db TCP/5432 ingress-cut
        shop/web 203.0.113.9 TCP/443 allowed
        shop/web 203.0.113.9 TCP/80 egress-cut
        shop/cache shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "an empty egress list without policyTypes isolates nothing for egress, since the wire form drops it",
        policy("deny", "{podSelector: {}, egress: []}"),
        """
        shop/web 203.0.113.9 TCP/443 allowed
        shop/web shop/db TCP/5432 ingress-cut
        """,
        codes=("RF108",),
    ),
    Case(
        "an empty policyTypes list counts as left out",
        policy("deny", "{podSelector: {}, policyTypes: [], egress: [{ports: [{port: 1}]}]}"),
        """
        shop/web 203.0.113.9 TCP/443 egress-cut
        ops/mon shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "policyTypes [Egress] isolates nothing for ingress",
        policy("deny", "{podSelector: {}, policyTypes: [Egress]}"),
        """
        ops/mon shop/web TCP/8080 allowed
        shop/web ops/mon TCP/8081 egress-cut
        """,
    ),
    Case(
        "rules of a direction that policyTypes doesn't name have no effect, also beside a policy that isolates",
        policy("rules-unnamed", "{podSelector: {}, policyTypes: [Egress], ingress: [{}], egress: [{}]}")
        + policy("deny", "{podSelector: {}, policyTypes: [Ingress]}"),
        """
        ops/mon shop/web TCP/8080 ingress-cut
        shop/web ops/mon TCP/8081 allowed
        """,
    ),
    Case(
        "policies add up: a pod gets what any of them allows",
        policy("a", "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}")
        + policy("b", "{podSelector: {}, ingress: [{ports: [{port: 22}]}]}"),
        """
        ops/mon shop/db TCP/5432 allowed
        ops/mon shop/db TCP/22 allowed
        ops/mon shop/web TCP/5432 ingress-cut
        ops/mon shop/db TCP/80 ingress-cut
        """,
    ),
    Case(
        "a connection needs egress at the source and ingress at the destination",
        policy("deny", "{podSelector: {}, policyTypes: [Ingress, Egress]}"),
        "shop/web shop/db TCP/5432 both-cut",
    ),
    Case(
        "podSelector left out selects every pod of the namespace, and is a finding",
        policy("deny", "{policyTypes: [Ingress]}"),
        """
        ops/mon shop/web TCP/8080 ingress-cut
        ops/mon shop/db TCP/5432 ingress-cut
        shop/web ops/mon TCP/8081 allowed
        """,
        codes=("RF107",),
    ),
    Case(
        "a pod may always reach itself",
        policy("deny", "{podSelector: {}, policyTypes: [Ingress, Egress]}"),
        "shop/web shop/web TCP/8080 allowed",
    ),
    Case(
        "policies are stateful: what a server may not open by itself does not cut its replies",
        policy("mute", "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]}"),
        """
        shop/web shop/db TCP/5432 allowed
        shop/db shop/web TCP/8080 egress-cut
        """,
    ),
)

PEERS = (
    Case(
        "a peer with a podSelector only means pods of the policy's own namespace",
        policy(
            "p",
            "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}",
        ),
        """
        shop/web shop/db TCP/5432 allowed
        ops/web shop/db TCP/5432 ingress-cut
        shop/cache shop/db TCP/5432 ingress-cut
        """,
    ),
    Case(
        "a peer with a namespaceSelector only means every pod of those namespaces",
        policy(
            "p",
            "{podSelector: {matchLabels: {app: db}},"
            " ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]}",
        ),
        """
        ops/mon shop/db TCP/5432 allowed
        ops/web shop/db TCP/5432 allowed
        shop/web shop/db TCP/5432 ingress-cut
        """,
    ),
    Case(
        "both selectors in one entry are AND",
        policy(
            "p",
            """
podSelector: {matchLabels: {app: db}}
ingress:
- from:
  - namespaceSelector: {matchLabels: {team: blue}}
    podSelector: {matchLabels: {app: web}}
""",
        ),
        """
        ops/web shop/db TCP/5432 allowed
        ops/mon shop/db TCP/5432 ingress-cut
        shop/web shop/db TCP/5432 ingress-cut
        """,
    ),
    Case(
        "two entries are OR",
        policy(
            "p",
            """
podSelector: {matchLabels: {app: db}}
ingress:
- from:
  - namespaceSelector: {matchLabels: {team: blue}}
  - podSelector: {matchLabels: {app: web}}
""",
        ),
        """
        ops/web shop/db TCP/5432 allowed
        ops/mon shop/db TCP/5432 allowed
        shop/web shop/db TCP/5432 allowed
        shop/cache shop/db TCP/5432 ingress-cut
        """,
    ),
    Case(
        "an empty podSelector peer is every pod of the own namespace, an empty namespaceSelector every pod of all",
        policy("own", "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]}")
        + policy("all", "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}}]}]}"),
        """
        shop/cache shop/db TCP/5432 allowed
        ops/mon shop/db TCP/5432 ingress-cut
        ops/mon shop/web TCP/8080 allowed
        203.0.113.9 shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "from absent or empty means every peer, outside the cluster too",
        policy("absent", "{podSelector: {matchLabels: {app: db}}, ingress: [{}]}")
        + policy("empty", "{podSelector: {matchLabels: {app: web}}, ingress: [{from: []}]}")
        + policy("null", "{podSelector: {matchLabels: {app: cache}}, ingress: [{from: null}]}"),
        """
        203.0.113.9 shop/db TCP/5432 allowed
        203.0.113.9 shop/web TCP/8080 allowed
        ops/agent shop/cache TCP/8080 allowed
        """,
    ),
    Case(
        "to absent or empty means every peer",
        policy("p", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [], ports: [{port: 443}]}]}"),
        """
        shop/web 203.0.113.9 TCP/443 allowed
        shop/web ops/mon TCP/443 allowed
        shop/web ops/mon TCP/8081 egress-cut
        """,
    ),
    Case(
        "an empty rule list isolates and allows nothing",
        policy("p", "{podSelector: {}, policyTypes: [Ingress], ingress: []}"),
        "ops/mon shop/web TCP/8080 ingress-cut",
    ),
    Case(
        "a peer entry without any known field matches nothing",
        policy("p", "{podSelector: {}, ingress: [{from: [{}]}]}"),
        """
        shop/web shop/db TCP/5432 ingress-cut
        203.0.113.9 shop/db TCP/5432 ingress-cut
        """,
        codes=("RF111",),
    ),
    Case(
        "an ipBlock beside a selector is invalid and matches nothing; the other entries stand",
        policy(
            "p",
            "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}, podSelector: {}},"
            " {podSelector: {matchLabels: {app: web}}}]}]}",
        ),
        """
        shop/web shop/db TCP/5432 allowed
        203.0.113.9 shop/db TCP/5432 ingress-cut
        shop/cache shop/db TCP/5432 ingress-cut
        """,
        codes=("RF111",),
    ),
    Case(
        "every operator of a selector",
        policy(
            "in",
            "{podSelector: {matchExpressions: [{key: app, operator: In, values: [web, db]}]}, policyTypes: [Ingress]}",
        )
        + policy(
            "peers",
            """
podSelector: {}
policyTypes: [Ingress]
ingress:
- from: [{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [red]}]}}]
  ports: [{port: 1}]
- from: [{podSelector: {matchExpressions: [{key: app, operator: Exists}]}}]
  ports: [{port: 2}]
- from: [{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}]
  ports: [{port: 3}]
- from: [{podSelector: {matchExpressions: [{key: role, operator: NotIn, values: [x]}]}}]
  ports: [{port: 4}]
""",
        ),
        """
        ops/mon shop/web TCP/1 allowed
        shop/db shop/web TCP/1 ingress-cut
        shop/db shop/web TCP/2 allowed
        shop/db shop/web TCP/3 ingress-cut
        shop/db shop/web TCP/4 allowed
        """,
    ),
    Case(
        "every namespace has the label kubernetes.io/metadata.name",
        policy(
            "p",
            "{podSelector: {},"
            " ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]}",
        ),
        """
        ops/mon shop/web TCP/8080 allowed
        shop/db shop/web TCP/8080 ingress-cut
        """,
    ),
    Case(
        "no cluster sets the label name on a namespace by itself",
        policy("p", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {name: ops}}}]}]}"),
        "ops/mon shop/web TCP/8080 ingress-cut",
    ),
)

PORTS = (
    Case(
        "ports absent or empty mean every port of every protocol",
        policy("absent", "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]}")
        + policy(
            "empty", "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}], ports: []}]}"
        ),
        """
        shop/web shop/db TCP/1 allowed
        shop/web shop/db SCTP/65535 allowed
        shop/db shop/web UDP/53 allowed
        """,
    ),
    Case(
        "the protocol defaults to TCP",
        policy("p", "{podSelector: {}, ingress: [{ports: [{port: 53}]}]}"),
        """
        ops/mon shop/web TCP/53 allowed
        ops/mon shop/web UDP/53 ingress-cut
        ops/mon shop/web SCTP/53 ingress-cut
        """,
    ),
    Case(
        "an entry without a port is its whole protocol",
        policy("p", "{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}"),
        """
        ops/mon shop/web UDP/1 allowed
        ops/mon shop/web UDP/65535 allowed
        ops/mon shop/web TCP/1 ingress-cut
        """,
    ),
    Case(
        "an empty entry is all of TCP",
        policy("p", "{podSelector: {}, ingress: [{ports: [{}]}]}"),
        """
        ops/mon shop/web TCP/65535 allowed
        ops/mon shop/web UDP/53 ingress-cut
        """,
    ),
    Case(
        "endPort includes both ends",
        policy("p", "{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8002, protocol: TCP}]}]}"),
        """
        ops/mon shop/web TCP/7999 ingress-cut
        ops/mon shop/web TCP/8000 allowed
        ops/mon shop/web TCP/8002 allowed
        ops/mon shop/web TCP/8003 ingress-cut
        """,
    ),
    Case(
        "endPort without a numeric port, or below it, makes the entry match nothing",
        policy(
            "p",
            "{podSelector: {},"
            " ingress: [{ports: [{endPort: 90}, {port: http, endPort: 90}, {port: 95, endPort: 90}]}]}",
        ),
        """
        ops/mon shop/web TCP/90 ingress-cut
        ops/mon shop/web TCP/95 ingress-cut
        ops/mon shop/web TCP/8080 ingress-cut
        """,
        codes=("RF106", "RF106", "RF106"),
    ),
    Case(
        "ports 0 and 65536, a quoted number and an unknown protocol match nothing",
        policy(
            "p",
            "{podSelector: {},"
            " ingress: [{ports: [{port: 0}, {port: 65536}, {port: '80'}, {port: 81, protocol: tcp}]}]}",
        ),
        """
        ops/mon shop/web TCP/80 ingress-cut
        ops/mon shop/web TCP/81 ingress-cut
        ops/mon shop/web TCP/65535 ingress-cut
        """,
        codes=("RF106", "RF106", "RF106", "RF106"),
    ),
    Case(
        "a named port of an ingress rule resolves on the pod that the policy selects",
        policy("p", "{podSelector: {}, ingress: [{ports: [{port: http}]}]}"),
        """
        ops/mon shop/web TCP/8080 allowed
        ops/mon shop/web TCP/8081 ingress-cut
        ops/mon shop/db TCP/8080 ingress-cut
        """,
    ),
    Case(
        "a named port of an egress rule resolves on the destination, for each pod apart",
        policy("p", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}"),
        """
        shop/web ops/mon TCP/8081 allowed
        shop/web ops/mon TCP/80 egress-cut
        shop/web ops/web TCP/80 allowed
        shop/web ops/web TCP/8081 egress-cut
        """,
    ),
    Case(
        "an address outside the cluster has no named ports, and neither has a host-network pod, which acts as one",
        policy("p", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}"),
        """
        shop/web 203.0.113.9 TCP/80 egress-cut
        shop/web 203.0.113.9 TCP/8080 egress-cut
        shop/web ops/agent TCP/8080 egress-cut
        """,
    ),
    Case(
        "one name may stand for several numbers of a pod",
        policy("p", "{podSelector: {}, ingress: [{ports: [{port: sql}]}]}"),
        """
        ops/mon shop/cache TCP/6379 allowed
        ops/mon shop/cache TCP/6380 allowed
        ops/mon shop/cache TCP/5432 ingress-cut
        ops/mon shop/db TCP/5432 allowed
        """,
    ),
    Case(
        "a named port matches with the protocol of its entry only",
        policy("p", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: dns, protocol: UDP}]}]}"),
        """
        shop/web ops/mon UDP/53 allowed
        shop/web ops/mon TCP/53 egress-cut
        shop/web shop/cache UDP/53 allowed
        """,
    ),
    Case(
        "a name that no selected pod has matches nothing and is no error",
        policy("p", "{podSelector: {}, ingress: [{ports: [{port: nowhere}]}]}"),
        "ops/mon shop/web TCP/8080 ingress-cut",
    ),
    Case(
        "a rule must name the pod's port: a Service's own port means nothing once the address is translated",
        policy(
            "p",
            "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 80}]}]}",
        ),
        """
        shop/web ops/mon TCP/8081 egress-cut
        shop/web ops/web TCP/80 allowed
        """,
    ),
)

ADDRESSES = (
    Case(
        "an ipBlock matches external addresses, its exceptions cut out",
        policy(
            "p",
            "{podSelector: {}, policyTypes: [Egress],"
            " egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}]}]}",
        ),
        """
        shop/web 203.0.113.0 TCP/443 allowed
        shop/web 203.0.113.127 TCP/443 allowed
        shop/web 203.0.113.128 TCP/443 egress-cut
        shop/web 203.0.112.255 TCP/443 egress-cut
        shop/web 2001:db8::1 TCP/443 egress-cut
        """,
    ),
    Case(
        "an ipBlock also matches pods by their addresses, and never one without an address",
        policy("p", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}"),
        """
        shop/web shop/db TCP/5432 allowed
        shop/web ops/mon TCP/8081 allowed
        shop/web shop/cache TCP/6379 egress-cut
        shop/web ops/web TCP/80 egress-cut
        """,
    ),
    Case(
        "an exception takes pods out by their addresses",
        policy(
            "p",
            "{podSelector: {matchLabels: {app: cache}},"
            " ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.2/32]}}]}]}",
        ),
        """
        shop/web shop/cache TCP/6379 allowed
        shop/db shop/cache TCP/6379 ingress-cut
        """,
    ),
    Case(
        "an exception of one peer takes nothing from another peer",
        policy(
            "p",
            "{podSelector: {matchLabels: {app: cache}}, ingress: [{from:"
            " [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.2/32]}}, {podSelector: {matchLabels: {app: db}}}]}]}",
        ),
        "shop/db shop/cache TCP/6379 allowed",
    ),
    Case(
        # "Layer 3 policies", CIDR based: neither managed pods nor, unless policy-cidr-match-mode has it, nodes.
        "Cilium matches neither the pods it manages nor nodes by address",
        policy("p", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}"),
        """
        shop/web shop/db TCP/5432 egress-cut
        shop/web 203.0.113.9 TCP/443 allowed
        shop/web ops/agent TCP/8080 egress-cut
        """,
        cni="cilium",
    ),
    Case(
        "host bits of a range are masked, and a finding",
        policy("p", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.77/24}}]}]}"),
        """
        shop/web 203.0.113.0 TCP/443 allowed
        shop/web 203.0.114.0 TCP/443 egress-cut
        """,
        codes=("RF104",),
    ),
    Case(
        "an exception outside its range takes nothing away, one that is all of it leaves nothing: both are findings",
        policy(
            "p",
            """
podSelector: {}
policyTypes: [Egress]
egress:
- to: [{ipBlock: {cidr: 203.0.113.0/24, except: [198.51.100.0/24]}}]
- to: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.0/24]}}]
""",
        ),
        """
        shop/web 203.0.113.5 TCP/443 allowed
        shop/web 198.51.100.5 TCP/443 egress-cut
        shop/web 192.0.2.5 TCP/443 egress-cut
        """,
        codes=("RF105", "RF105"),
    ),
    Case(
        "a range that can't be read matches nothing, and an exception that can't be read takes its range along",
        policy(
            "p",
            """
podSelector: {}
policyTypes: [Egress]
egress:
- to: [{ipBlock: {cidr: 503.0.0.0/8}}]
- to: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.300/32]}}]
- to: [{ipBlock: {cidr: 192.0.2.1}}]
""",
        ),
        """
        shop/web 203.0.113.5 TCP/443 egress-cut
        shop/web 192.0.2.1 TCP/443 egress-cut
        """,
        codes=("RF103", "RF103", "RF103"),
    ),
    Case(
        "IPv6 ranges match IPv6 addresses; a dual-stack pod is matched by either of its addresses",
        policy(
            "four",
            "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.1/32}}]}]}",
            namespace="ops",
        )
        + policy(
            "six",
            "{podSelector: {}, policyTypes: [Egress],"
            " egress: [{to: [{ipBlock: {cidr: 'fd00::/64', except: ['fd00::2/128']}}]}]}",
        ),
        """
        ops/mon shop/web TCP/8080 allowed
        ops/mon shop/db TCP/5432 egress-cut
        shop/db shop/web TCP/8080 allowed
        shop/db ops/web TCP/80 egress-cut
        shop/db fd00::9 TCP/80 allowed
        shop/db 10.0.0.9 TCP/80 egress-cut
        """,
    ),
    Case(
        "the range of a Service's cluster address does not select its pods",
        policy("p", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.96.0.0/12}}]}]}"),
        "shop/web shop/db TCP/5432 egress-cut",
    ),
)

NODES = (
    Case(
        "traffic from the node that runs a pod to that pod is always allowed, from another node it is judged",
        policy("deny", "{podSelector: {}, policyTypes: [Ingress]}")
        + policy("deny", "{podSelector: {}, policyTypes: [Ingress]}", namespace="ops"),
        """
        192.168.0.1 shop/web TCP/8080 allowed
        192.168.0.2 shop/web TCP/8080 ingress-cut
        ops/agent shop/web TCP/8080 ingress-cut
        ops/agent ops/mon TCP/8081 allowed
        """,
    ),
    Case(
        "traffic from a pod to its own node is judged like any address",
        policy("deny", "{podSelector: {}, policyTypes: [Egress]}")
        + policy(
            "node",
            "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress],"
            " egress: [{to: [{ipBlock: {cidr: 192.168.0.1/32}}]}]}",
        ),
        """
        shop/web 192.168.0.1 TCP/10250 egress-cut
        shop/db 192.168.0.1 TCP/10250 allowed
        """,
    ),
    Case(
        "a host-network pod is nobody's subject: policies of its namespace don't isolate it",
        policy("deny", "{podSelector: {}, policyTypes: [Ingress, Egress]}", namespace="ops"),
        """
        ops/agent 203.0.113.9 TCP/443 allowed
        shop/web ops/agent TCP/8080 allowed
        ops/mon 203.0.113.9 TCP/443 egress-cut
        """,
    ),
    Case(
        "a host-network pod is matched by no selector, only by its node's address",
        policy("selectors", "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}}]}]}")
        + policy(
            "addresses",
            "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 192.168.0.2/32}}]}]}",
        ),
        """
        ops/agent shop/web TCP/8080 ingress-cut
        ops/mon shop/web TCP/8080 allowed
        ops/agent shop/db TCP/5432 allowed
        ops/mon shop/db TCP/5432 ingress-cut
        """,
    ),
)


@pytest.mark.parametrize("case", [*ISOLATION, *PEERS, *PORTS, *ADDRESSES, *NODES], ids=lambda case: case.rule)
def test_network_policy_means(case: Case) -> None:
    check(case)
