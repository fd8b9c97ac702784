"""The allowed connections as a table for people."""

from __future__ import annotations

from dataclasses import replace

import click

from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.reach.report import Connection, ReachEnd
from ringfence.render.reach_text import render, summary
from tests.render.reports import ALL_IPV4, ALL_IPV6, SUMMARY, connection, end, report, tcp

WEB, API = end("shop/Deployment/web"), end("shop/Deployment/api")


def text(*pairs: Connection) -> str:
    return click.unstyle("\n".join(render(report(pairs), counts=False)))


def test_destinations_stand_under_their_source_with_ports_in_one_column() -> None:
    dns = PortSet.point(Protocol.UDP, 53) | tcp(53)
    assert text(connection(API, WEB, tcp(80, 443)), connection(API, end("dns/Pod/x"), dns), connection(WEB, API)) == (
        "shop/Deployment/api\n"
        "  → shop/Deployment/web  TCP 80, 443\n"
        "  → dns/Pod/x            TCP 53; UDP 53\n"
        "\n"
        "shop/Deployment/web\n"
        "  → shop/Deployment/api  all ports\n"
        "\n"
        "3 connections allowed."
    )


def test_external_addresses_that_are_treated_alike_are_one_line() -> None:
    low, high = ReachEnd("0.0.0.0-9.255.255.255"), ReachEnd("11.0.0.0-255.255.255.255")
    found = text(
        connection(WEB, low, tcp(443)),
        connection(WEB, high, tcp(443)),
        connection(WEB, ALL_IPV6, tcp(80)),
        connection(ALL_IPV4, WEB, tcp(443)),
        connection(ALL_IPV6, WEB, tcp(443)),
    )
    assert "  → Internet (IPv4) except 10.0.0.0/8  TCP 443\n" in found
    assert "  → Internet (IPv6)                    TCP 80\n" in found
    assert found.endswith("Internet\n  → shop/Deployment/web  TCP 443\n\n3 connections allowed.")


def test_what_only_some_replicas_may_is_marked() -> None:
    assert "some replicas only: TCP 80" in text(connection(WEB, API, tcp(80), NO_PORTS))
    assert "TCP 443; some replicas only: TCP 80" in text(connection(WEB, API, tcp(80, 443), tcp(443)))


def test_nothing_allowed_is_said() -> None:
    assert text() == "No connection is allowed."


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    value = replace(SUMMARY, pairs=1_000_000, full=1, partial=0, denied=999_999)
    lines = {line.strip().split("  ")[0]: line for line in summary(value)}
    assert lines["every port allowed"].endswith("0.1 %")
    assert lines["some ports allowed"].endswith("  0.0 %")
    assert lines["nothing allowed"].endswith(" 99.9 %")


def test_an_empty_cluster_has_counts_without_shares() -> None:
    value = replace(SUMMARY, pods=0, pairs=0, full=0, partial=0, denied=0)
    assert "%" not in "\n".join(summary(value))
