"""Questions about single connections: which ends a text names, what the engine says, and why.

``endpoints`` and ``services`` turn text into endpoints, ``judge`` asks the engine about every pair of them, ``nearest``
ranks the rules that came closest, ``notes`` states the assumptions that the answer rests on.
"""

from ringfence.model.errors import EndpointError, QueryError

__all__ = ["EndpointError", "QueryError"]
