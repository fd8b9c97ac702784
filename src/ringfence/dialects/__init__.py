"""Policy APIs, one module each: an object of the API in, the intermediate form out.

The only place that knows a dialect's field names. A policy that is wrong becomes a finding and is read in the safest
way; reading never raises for what an object holds.
"""

from ringfence.dialects.assemble import read_policies
from ringfence.dialects.calico.staged import staged_of, with_staged
from ringfence.dialects.detect import AUTO, CNIS, cni_of

__all__ = ["AUTO", "CNIS", "cni_of", "read_policies", "staged_of", "with_staged"]
