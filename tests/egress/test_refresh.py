"""Recorded addresses in policies, compared with newer records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.egress import Choice
from ringfence.egress.refresh import compare_names
from ringfence.generate.check import raw_object
from ringfence.model.errors import InputError
from tests.egress.worlds import RECORDS, REQUEST, names, proposal


@pytest.mark.parametrize("choice", [Choice.NETWORK_POLICY, Choice.CALICO])
def test_gone_and_new_addresses_are_told_apart(choice: Choice) -> None:
    policies = [raw_object(each) for each in proposal(choice, recorded=names(*RECORDS)).manifests]
    (same,) = compare_names(policies, names(*RECORDS))
    assert not same.stale
    (moved,) = compare_names(policies, names(("api.pay.example", "203.0.113.8"), ("api.pay.example", "198.51.100.1")))
    assert (moved.kept, moved.gone, moved.new) == (("203.0.113.8",), ("203.0.113.7",), ("198.51.100.1",))
    assert moved.recorded == "2026-11-20"


def test_wildcards_are_compared_by_what_they_mean() -> None:
    wild = REQUEST.replace("api.pay.example", '"**.pay.example"')
    made = proposal(Choice.NETWORK_POLICY, request=wild, recorded=names(*RECORDS))
    (one,) = compare_names([raw_object(each) for each in made.manifests], names(*RECORDS[:2]))
    assert (one.name, one.gone) == ("**.pay.example", ("203.0.113.9",))


def test_rules_that_somebody_changed_by_hand_are_told() -> None:
    (manifest,) = proposal(Choice.NETWORK_POLICY, recorded=names(*RECORDS)).manifests
    spec = {**manifest.body["spec"], "egress": []}
    edited = raw_object(replace(manifest, body={**manifest.body, "spec": spec}))
    (one,) = compare_names([edited], names(*RECORDS))
    assert one.stale
    assert one.missing == ("203.0.113.7", "203.0.113.8")


def test_policies_without_names_are_no_silent_success() -> None:
    with pytest.raises(InputError, match=r"ringfence\.dev/names"):
        compare_names([raw_object(each) for each in proposal(Choice.CILIUM).manifests], names(*RECORDS))


@pytest.mark.parametrize("text", ["api.pay.example", "api.pay.example=203.0.113.300"])
def test_an_annotation_that_is_not_ours_is_an_error(text: str) -> None:
    (manifest,) = proposal(Choice.NETWORK_POLICY, recorded=names(*RECORDS)).manifests
    body = {**manifest.body, "metadata": {**manifest.body["metadata"], "annotations": {"ringfence.dev/names": text}}}
    with pytest.raises(InputError, match="can't be read"):
        compare_names([raw_object(replace(manifest, body=body))], names(*RECORDS))
