"""Policies from one dialect to another, with a proof that they say the same.

1. The chosen policies are read into the intermediate form, and, where the other dialect knows no order, *folded*
   into allows alone (:mod:`.fold`).
2. The dialect's writer makes objects of them, and lists what it can't say, at its rule (:mod:`.targets`).
3. The objects are read again, in the place of those that they were made of, and the engine compares before and after
   (:mod:`.proof`): over the pods of the cluster, and over pods that could be made, one for each way in which any
   selector or range of either side can tell pods apart (:mod:`.future`).

So the proof relies on no step of the conversion, only on the readers and the engine.
"""

from ringfence.convert.compute import convert
from ringfence.convert.report import Conversion, Difference, Proof
from ringfence.convert.targets import TARGETS

__all__ = ["TARGETS", "Conversion", "Difference", "Proof", "convert"]
