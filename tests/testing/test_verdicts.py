"""What a test means, one line a rule: the sentence that an engineer would say, the policies, and whether it holds.

The expected answers follow from the policies by hand; without policies everything is allowed.
"""

from __future__ import annotations

import pytest

from tests.testing.suites import DENY_DATA, DENY_SHOP_EGRESS, passes, policy

SQL_FOR_WEB = policy(
    "sql",
    "data",
    "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: "
    "{matchLabels: {kubernetes.io/metadata.name: shop}}, podSelector: {matchLabels: {app: web}}}], "
    "ports: [{port: sql}]}]}",
)
OFFICE = policy(
    "office",
    "data",
    "{podSelector: {}, policyTypes: [Ingress], "
    "ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/25}}], ports: [{port: 443}]}]}",
)
METRICS = policy("metrics", "data", "{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: metrics}]}]}")
TO_BANK = policy(
    "bank",
    "shop",
    "{podSelector: {}, policyTypes: [Egress], "
    "egress: [{to: [{ipBlock: {cidr: 198.51.100.0/24}}], ports: [{port: 443}]}]}",
)
EGRESS_V4 = policy(
    "v4", "shop", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}"
)
EGRESS_V6 = policy(
    "v6", "shop", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: '::/0'}}]}]}"
)
DNS = policy(
    "dns",
    "shop",
    "{podSelector: {}, policyTypes: [Egress], "
    "egress: [{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}]}]}",
)
ONE_DB = policy(
    "one",
    "data",
    "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {}}], "
    "ports: [{port: 5432}]}]}",
)

CASES = [
    # Without policies everything is allowed, and nothing is denied.
    ("from: shop/web, to: data/db, expect: allowed", "", True),
    ("from: shop/web, to: data/db, expect: denied", "", False),
    # A test speaks of every source and every destination.
    ("from: {namespace: shop}, to: {labels: {app: db}}, ports: 5432, expect: denied", DENY_DATA, True),
    ("from: {namespace: shop}, to: {labels: {app: db}}, ports: sql, expect: allowed", SQL_FOR_WEB, False),
    ("from: shop/web, to: {labels: {app: db}}, ports: sql, expect: allowed", SQL_FOR_WEB, True),
    ("from: [shop/web, shop/cart], to: data/db, ports: sql, expect: allowed", SQL_FOR_WEB, False),
    ("from: [shop/job, shop/cart], to: data/db, expect: denied", SQL_FOR_WEB, True),
    # A Service's port is that of its pods, each by its own.
    ("from: shop/web, to: 'service:data/db', ports: 80, expect: allowed", SQL_FOR_WEB, True),
    ("from: shop/web, to: 'service:data/db', ports: sql, expect: allowed", SQL_FOR_WEB, True),
    ("from: shop/web, to: 'service:data/db', ports: 81, expect: denied", SQL_FOR_WEB, True),
    ("from: shop/web, to: 'service:data/db', expect: allowed", SQL_FOR_WEB, False),
    ("from: shop/web, to: 10.96.0.5, ports: 80, expect: allowed", SQL_FOR_WEB, True),
    # Without ports: allowed is about declared ports, denied about every port there is.
    ("from: shop/web, to: data/db, expect: allowed", SQL_FOR_WEB, True),
    ("from: shop/web, to: data/db, expect: denied, except: {ports: 5432}", SQL_FOR_WEB, True),
    ("from: shop/cart, to: data/cache, expect: allowed", METRICS, False),
    ("from: shop/cart, to: data/cache, ports: metrics, expect: allowed", METRICS, True),
    # A pod without a port of the name is left out.
    ("from: shop/cart, to: {namespace: data}, ports: metrics, expect: allowed", METRICS, True),
    # A protocol is TCP if nothing is said.
    ("from: shop/web, to: kube-system/dns, ports: 53, expect: denied", DNS, True),
    ("from: shop/web, to: kube-system/dns, ports: 53/UDP, expect: allowed", DNS, True),
    ("from: shop/web, to: kube-system/dns, ports: [53, 53/UDP], expect: allowed", DNS, False),
    ("from: shop/web, to: kube-system/dns, ports: dns, expect: allowed", DNS, True),
    ("from: shop/web, to: kube-system/dns, ports: 1-52/UDP, expect: denied", DNS, True),
    ("from: shop/web, to: kube-system/dns, ports: 50-60/udp, expect: denied", DNS, False),
    # dns: the ports that the DNS pods listen on. Pods of other namespaces are free.
    ("from: {namespace: shop}, to: dns, expect: allowed", DNS, False),
    ("from: {namespace: shop}, to: dns, ports: 53/UDP, expect: allowed", DNS, True),
    ("from: any-pod, to: dns, expect: allowed", "", True),
    # A range is each of its addresses: one that a rule admits is enough to break a promise.
    ("from: 192.0.2.0/24, to: {namespace: data}, expect: denied", OFFICE, False),
    ("from: 192.0.2.128/25, to: {namespace: data}, expect: denied", OFFICE, True),
    ("from: 192.0.2.0/24, to: {namespace: data}, ports: 443, expect: allowed", OFFICE, False),
    ("from: 192.0.2.0/26, to: {namespace: data}, ports: 443, expect: allowed", OFFICE, True),
    ("from: 192.0.2.127, to: data/db, ports: 443, expect: allowed", OFFICE, True),
    ("from: {addresses: 192.0.2.0/24, except: 192.0.2.0/25}, to: data/db, expect: denied", OFFICE, True),
    # An address of a range that is a pod's means the pod: shop is free to send, but data admits nobody.
    ("from: 10.0.0.0/24, to: data/db, expect: denied", DENY_DATA, True),
    ("from: 10.0.0.1, to: data/db, ports: sql, expect: allowed", SQL_FOR_WEB, True),
    ("from: 10.0.0.0/30, to: data/db, ports: sql, expect: allowed", SQL_FOR_WEB, False),
    ("from: shop/web, to: 10.0.1.0/24, ports: 5432, expect: denied", DENY_SHOP_EGRESS, True),
    # The Internet is public addresses: neither private ones nor pods.
    ("from: internet, to: {namespace: data}, expect: denied", OFFICE, False),
    ("from: 10.0.0.0/8, to: {namespace: data}, expect: denied", OFFICE, True),
    ("from: {namespace: shop}, to: internet, expect: denied", DENY_SHOP_EGRESS, True),
    ("from: {namespace: shop}, to: internet, expect: denied", TO_BANK, False),
    ("from: kube-system/agent, to: internet, expect: denied", DENY_SHOP_EGRESS, False),
    # That the Internet is allowed is promised for the families that the cluster has, here IPv4; denied is for both.
    ("from: shop/web, to: internet, ports: 443, expect: allowed", EGRESS_V4, True),
    ("from: {namespace: shop}, to: internet, expect: denied", EGRESS_V6, False),
    ("from: shop/web, to: '2001:db8::/32', ports: 443, expect: allowed", EGRESS_V4, False),
    # only: what is not in the list is denied; nothing in it must be allowed.
    ("from: {namespaceLabels: {env: prod}}, to: internet, only: {to: 198.51.100.0/24}", TO_BANK, False),
    ("from: {namespace: shop}, to: internet, only: {to: 198.51.100.0/24}", TO_BANK, True),
    ("from: {namespace: shop}, to: internet, only: [{to: 198.51.100.0/24, ports: 443}]", TO_BANK, True),
    ("from: {namespace: shop}, to: internet, only: [{to: 198.51.100.0/25, ports: 443}]", TO_BANK, False),
    ("from: {namespace: shop}, to: internet, only: [{to: 198.51.100.0/24, ports: 80}]", TO_BANK, False),
    ("from: {namespace: shop}, to: internet, only: [{to: 198.51.0.0/16}, {ports: 80}]", TO_BANK, True),
    ("to: {labels: {pci: 'true'}}, only: {from: shop/web}", SQL_FOR_WEB, True),
    ("to: {labels: {pci: 'true'}}, only: {from: shop/cart}", SQL_FOR_WEB, False),
    ("to: {labels: {pci: 'true'}}, only: {from: {namespace: shop}, ports: sql}", SQL_FOR_WEB, True),
    ("to: {labels: {pci: 'true'}}, only: {from: {namespace: shop}, ports: 5432}", SQL_FOR_WEB, False),
    ("to: {namespace: data}, only: {from: 192.0.2.0/24}", OFFICE, True),
    # exactly: what is in the list is allowed, too.
    ("to: {labels: {pci: 'true'}}, exactly: {from: shop/web, ports: sql}", SQL_FOR_WEB, True),
    ("to: {labels: {pci: 'true'}}, exactly: {from: [shop/web, shop/cart], ports: sql}", SQL_FOR_WEB, False),
    ("to: {labels: {pci: 'true'}}, exactly: {from: shop/web, ports: [sql, 80]}", SQL_FOR_WEB, False),
    # except: the promise says nothing about these.
    ("from: {namespace: shop}, to: data/db, ports: sql, expect: allowed, except: {from: [shop/cart, shop/job]}",
     SQL_FOR_WEB, True),
    ("from: {namespace: shop}, to: data/db, expect: denied, except: {from: shop/web, ports: 5432}", SQL_FOR_WEB, True),
    ("from: {namespace: shop}, to: data/db, expect: denied, except: {from: shop/web, ports: 5433}", SQL_FOR_WEB, False),
    # other-teams: an end without a team, and one of the same team, are nobody's other team.
    ("from: other-teams, to: {namespace: data}, expect: denied", SQL_FOR_WEB, False),
    ("from: other-teams, to: {namespace: data}, expect: denied", DENY_DATA, True),
    ("from: other-teams, to: {team: red}, expect: denied", DENY_DATA, False),
    ("from: kube-system/dns, to: {team: blue}, expect: denied", SQL_FOR_WEB, False),
    ("from: {namespace: shop}, to: other-teams, ports: 1, expect: denied", DENY_SHOP_EGRESS, True),
    ("from: any-pod, to: other-teams, expect: denied", DENY_SHOP_EGRESS, False),
    # A pod that doesn't exist yet is judged by its labels, and its namespace by its own.
    ("from: {newPod: {namespace: shop, labels: {app: web}}}, to: data/db, ports: sql, expect: allowed",
     SQL_FOR_WEB, True),
    ("from: {newPod: {namespace: shop, labels: {app: debug}}}, to: data/db, expect: denied", SQL_FOR_WEB, True),
    ("from: {newPod: {namespace: new, namespaceLabels: {team: x}}}, to: data/db, expect: denied", SQL_FOR_WEB, True),
    ("from: {newPod: {namespace: new, namespaceLabels: {team: x}}}, to: data/db, ports: 5432, expect: allowed",
     ONE_DB, True),
    ("from: shop/web, to: {newPod: {namespace: data, labels: {app: db}, ports: {sql: 7000}}}, expect: allowed",
     SQL_FOR_WEB, True),
    ("from: shop/web, to: {newPod: {namespace: data, labels: {app: db}, ports: {sql: 7}}}, ports: 5432, expect: denied",
     SQL_FOR_WEB, True),
    ("from: {newPod: {namespace: shop}}, expect: denied", DENY_SHOP_EGRESS, True),
    ("from: {newPod: {namespace: shop}}, to: {newPod: {namespace: shop}}, expect: denied", DENY_SHOP_EGRESS, True),
    # exists: one is enough.
    ("from: shop/cart, to: {labels: {app: db}}, ports: 5432, expect: allowed", ONE_DB, True),
    ("from: shop/web, to: {labels: {app: db}}, ports: sql, expect: allowed", ONE_DB, False),
    ("from: shop/web, to: {labels: {app: db}}, ports: sql, expect: allowed, exists: to", ONE_DB, True),
    ("from: shop/web, to: {labels: {app: db}}, ports: sql, expect: allowed, exists: from", ONE_DB, False),
    ("from: {namespace: shop}, to: {labels: {app: db}}, ports: sql, expect: allowed, exists: from", SQL_FOR_WEB, True),
    ("from: {namespace: shop}, to: {labels: {app: db}}, ports: sql, expect: allowed, exists: to", SQL_FOR_WEB, False),
    ("from: {namespace: shop}, to: {labels: {app: db}}, ports: [1, sql], expect: allowed, exists: [from, to]",
     SQL_FOR_WEB, False),
    ("from: {namespace: shop}, to: {labels: {app: db}}, ports: [1, sql], expect: allowed, exists: [from, to, ports]",
     SQL_FOR_WEB, True),
    ("from: shop/web, to: data/db, ports: [1, sql], expect: denied, exists: ports", SQL_FOR_WEB, True),
    ("from: 192.0.2.0/24, to: data/db, ports: 443, expect: allowed, exists: from", OFFICE, True),
    ("from: 192.0.2.128/25, to: data/db, ports: 443, expect: allowed, exists: from", OFFICE, False),
    # A pod and itself are left out; so are a node, or what acts as one, and the pods of the node.
    ("from: {namespace: data}, to: {namespace: data}, expect: denied", DENY_DATA, True),
    ("from: {namespace: kube-system}, to: {namespace: shop}, expect: denied",
     policy("deny", "shop", "{podSelector: {}, policyTypes: [Ingress]}"), True),
    ("from: 10.9.0.0/24, to: {namespace: shop}, expect: denied",
     policy("deny", "shop", "{podSelector: {}, policyTypes: [Ingress]}"), True),
    ("from: kube-system/agent, to: {namespace: shop}, ports: 1, expect: allowed",
     policy("deny", "shop", "{podSelector: {}, policyTypes: [Ingress]}"), False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("test", "policies", "expected"), CASES, ids=[f"{n}: {case[0]}" for n, case in enumerate(CASES)]
)
def test_a_test_means_what_it_says(test: str, policies: str, expected: bool) -> None:
    assert passes(test, policies) is expected


def test_a_definition_stands_for_what_is_defined() -> None:
    define = "define: {webs: shop/web, senders: [webs, shop/cart]}\n"
    assert passes("from: webs, to: data/db, ports: sql, expect: allowed", SQL_FOR_WEB, more=define)
    assert not passes("from: senders, to: data/db, ports: sql, expect: allowed", SQL_FOR_WEB, more=define)


def test_the_label_that_names_the_team_can_be_chosen() -> None:
    """By ``env``, shop and data are of one team, and there is no other."""
    with pytest.raises(Exception, match="fewer than two values of the label env"):
        passes("from: other-teams, to: {namespace: data}, expect: denied", more="ownerLabel: env\n")
