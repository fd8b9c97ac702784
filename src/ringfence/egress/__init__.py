"""Egress by intent: requests for destinations, made into the policies of whichever API a cluster enforces."""

from ringfence.egress.choices import Choice
from ringfence.egress.proposing import Proposal, propose
from ringfence.egress.reading import read
from ringfence.egress.request import KIND, EgressRequest

__all__ = ["KIND", "Choice", "EgressRequest", "Proposal", "propose", "read"]
