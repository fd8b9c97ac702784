"""What flow records show: who is denied, by what and since when, who talks most, and what changed."""

from ringfence.observe.denied import denied
from ringfence.observe.history import Moment
from ringfence.observe.report import Change, Denial, DeniedReport, Ending

__all__ = ["Change", "Denial", "DeniedReport", "Ending", "Moment", "denied"]
