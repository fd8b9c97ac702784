"""The ``forward`` lines of Corefiles, as the CoreDNS manual writes them."""

from __future__ import annotations

import pytest

from ringfence.model.addresses import parse_address
from ringfence.model.ports import Protocol
from ringfence.survey.corefile import Forward, Resolver, forwards

KUBEADM = """\
.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
}
"""


def udp(address: str, port: int = 53) -> Resolver:
    return Resolver(parse_address(address), Protocol.UDP, port)


TLS = Resolver(parse_address("9.9.9.9"), Protocol.TCP, 853)


def test_the_resolvers_of_the_node_are_not_known() -> None:
    assert forwards(KUBEADM) == (Forward(".", (), known=False),)


@pytest.mark.parametrize(
    ("line", "forward"),
    [
        ("forward . 10.0.0.2", Forward(".", (udp("10.0.0.2"),))),
        ("forward . 10.0.0.2 10.0.0.3:5353", Forward(".", (udp("10.0.0.2"), udp("10.0.0.3", 5353)))),
        ("forward corp.example 10.1.0.1 { # ours", Forward("corp.example", (udp("10.1.0.1"),))),
        ("forward . dns://10.0.0.2", Forward(".", (udp("10.0.0.2"),))),
        ("forward . tls://9.9.9.9", Forward(".", (Resolver(parse_address("9.9.9.9"), Protocol.TCP, 853),))),
        (
            "forward . tls://9.9.9.9%dns.quad9.net",
            Forward(".", (Resolver(parse_address("9.9.9.9"), Protocol.TCP, 853),)),
        ),
        ("forward . 2001:db8::53", Forward(".", (udp("2001:db8::53"),))),
        ("forward . [2001:db8::53]:5353", Forward(".", (udp("2001:db8::53", 5353),))),
        ("forward . 10.0.0.2 /etc/resolv.conf", Forward(".", (udp("10.0.0.2"),), known=False)),
    ],
)
def test_a_line_says_which_names_go_where(line: str, forward: Forward) -> None:
    assert forwards(f".:53 {{\n    {line}\n}}\n") == (forward,)


@pytest.mark.parametrize("line", ["# forward . 10.0.0.2", "forward", "forward .", "forwards . 10.0.0.2"])
def test_what_is_no_forward_is_none(line: str) -> None:
    assert forwards(f".:53 {{\n    {line}\n}}\n") == ()
