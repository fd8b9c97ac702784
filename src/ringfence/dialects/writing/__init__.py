"""Writers: the intermediate form in, objects of a policy API out; the way back of the readers beside them.

A writer is a function ``write(stages, target) -> Written``, one a dialect:

- :func:`ringfence.dialects.writing.network_policy.write_network_policies`
- :func:`ringfence.dialects.writing.cluster_network_policy.write_cluster_network_policies`
- :func:`ringfence.dialects.cilium.write.write_cilium_policies`
- :func:`ringfence.dialects.calico.write.write_calico_policies`
- :func:`ringfence.dialects.istio.write.write_authorization_policies`

``stages`` are those of a :class:`~ringfence.model.policy.PolicySet`, first to last. ``Written.objects`` are manifests,
their keys in the usual order, the same for the same input. What the dialect can't say is a :class:`Loss` at its rule,
with what becomes of it and why; nothing is dropped in silence.

Between the two lies an algebra, so that a dialect gets the most of what it can say:

- *terms* (:mod:`.terms`): a label expression as alternatives of plain requirements. *Not* goes down to the
  requirements, *or* becomes several entries, several objects for a subject.
- *regions* (:mod:`.regions`): whom a peer means, as pods, nodes and outside addresses apart, closed under *and*, *or*
  and *not*. So ``notNets`` becomes ranges, and ``cluster`` becomes pods and nodes.
- *blocks* (:mod:`.blocks`): a set of addresses as the fewest ranges with exceptions.

Rules on which a dialect can't look closely enough (layer 7, names) are written as wide as needed for what they allow,
as a loss that says so; a deny is left out rather than widened.
"""

from ringfence.dialects.writing.losses import Loss, Target, Written

__all__ = ["Loss", "Target", "Written"]
