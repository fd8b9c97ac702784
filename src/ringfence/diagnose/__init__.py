"""What is wrong in a cluster, by root cause: cut DNS, cut dependencies, half-open pairs, and what nobody looked for."""

from ringfence.diagnose.compute import diagnose
from ringfence.diagnose.report import Diagnosis, Loss, LossKind, Problem, Remark, Topic
from ringfence.diagnose.wanted import wanted_dependencies

__all__ = ["Diagnosis", "Loss", "LossKind", "Problem", "Remark", "Topic", "diagnose", "wanted_dependencies"]
