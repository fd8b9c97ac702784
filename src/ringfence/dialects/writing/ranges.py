"""Ranges in dialects whose ranges mean every address in them, pods and nodes too; and names as ranges."""

from __future__ import annotations

from collections.abc import Callable

from ringfence.dialects.writing.bodies import Clause
from ringfence.dialects.writing.regions import UNASSIGNED, Region
from ringfence.model.addresses import AddressSet

Note = Callable[[str, str], None]
"""Takes what becomes of something, and why."""


def outside_of(clause: Clause, note: Note) -> AddressSet:
    """The outside addresses of a rule, names by the addresses that are recorded of them."""
    found = clause.region.outside
    for name in clause.names:
        if name.addresses is None:
            note(f"The name {name.pattern} is left out.", "Rules have no names here, and no record tells addresses.")
        else:
            why = "Rules have no names here; new addresses are not followed."
            note(f"The name {name.pattern} is written as the addresses that are recorded of it.", why)
            found |= name.addresses
    return found


def check_ranges(region: Region, meant: AddressSet, note: Note) -> None:
    """Note where ranges that also mean the pods and nodes in ``meant`` say more or less than the region."""
    if any(term.choices for term in region.nodes):
        note("Nodes that the rule means are left out.", "Nodes can't be selected here.")
    if region.nodes_in - meant - UNASSIGNED:
        note("Nodes that the rule means are left out.", "Nodes can't be meant by themselves here.")
    if meant - region.nodes_in - UNASSIGNED:
        note("The rule's ranges also mean nodes in them.", "A range is of every address in it.")
    if region.pods_in - meant - UNASSIGNED and not region.all_pods:
        note("Pods that the rule means by address are left out.", "Ranges of pods alone can't be written.")
    if meant - region.pods_in - UNASSIGNED and not region.all_pods:
        note("The rule's ranges also mean pods in them.", "A range is of every address in it.")
