"""Least policies from observed traffic, with their evidence and a proof.

:func:`learn` takes a cluster and the edges of its flows. What is learned from, and what never is: :mod:`.evidence` and
:mod:`.demands`. Whom rules select: :mod:`.selectors`. What they say: :mod:`.compose`. What holds of them is asked of
the engine, which reads the written objects again: :mod:`.proof`, :mod:`.beyond` and :mod:`.holdout`.
"""

from ringfence.learn.compute import DEFAULT_BUDGET, Settings, learn
from ringfence.learn.dialects import DIALECTS
from ringfence.learn.existing import LEARNED
from ringfence.learn.report import Learned, Proposal

__all__ = ["DEFAULT_BUDGET", "DIALECTS", "LEARNED", "Learned", "Proposal", "Settings", "learn"]
