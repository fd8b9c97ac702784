"""What a cluster needs to work, found in its own manifests: DNS, dependencies, and the pods that all others rely on."""

from ringfence.survey.dependency import Dependency, DependencyKind, Evidence, Route, Target
from ringfence.survey.dns import DnsServer
from ringfence.survey.outside import OutsideUse
from ringfence.survey.survey import Survey, survey

__all__ = ["Dependency", "DependencyKind", "DnsServer", "Evidence", "OutsideUse", "Route", "Survey", "Target", "survey"]
