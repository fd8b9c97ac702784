"""The table of finding codes. A code is never reused; a released one keeps its meaning.

RF0xx reading input, RF05x what an answer assumes, RF06x suppressions · RF1xx validity of policies · RF2xx selects
nothing, or the wrong thing · RF3xx cuts · RF4xx exposure · RF5xx redundancy · RF6xx hygiene. RF7xx are of recorded
traffic, and stand in :mod:`ringfence.observe.codes`.
"""

from __future__ import annotations

from ringfence.model.finding import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

# Reading input
UNREADABLE = Code("RF001", "unreadable-input", _E, "A file or directory can't be read")
NOT_PARSABLE = Code("RF002", "not-parsable", _E, "A document is not valid YAML or JSON")
TOO_LARGE = Code("RF003", "input-too-large", _E, "An input is larger than the limit")
ALIAS_BOMB = Code("RF004", "alias-bomb", _E, "YAML aliases expand beyond the limit")
NOT_AN_OBJECT = Code("RF005", "not-an-object", _E, "A document is not a Kubernetes object")
BAD_OBJECT = Code("RF006", "bad-object", _E, "An object has a field of the wrong type or lacks one that is needed")
DUPLICATE_KEY = Code("RF007", "duplicate-key", _W, "A mapping has the same key twice")
DUPLICATE_OBJECT = Code("RF008", "duplicate-object", _W, "The same object is given twice")
UNKNOWN_POLICY_KIND = Code("RF009", "unknown-policy-kind", _E, "A kind looks like a policy and is not known")
NAMESPACE_NOT_GIVEN = Code("RF010", "namespace-not-given", _N, "A namespace is referred to, but not in the input")
PODS_LEFT_OUT = Code("RF011", "completed-pods-left-out", _N, "Completed pods hold no address and are left out")
NO_ADDRESS = Code("RF012", "pods-without-address", _N, "Pods have no address in the input: no ipBlock can match them")
OBJECTS_SKIPPED = Code("RF013", "objects-skipped", _N, "Objects of kinds that play no part were skipped")
LIST_INCOMPLETE = Code("RF014", "list-incomplete", _E, "A list answer is one page of several")
LINK_LOOP = Code("RF015", "link-loop", _W, "A symbolic link leads back to a directory already read")
EMPTY_INPUT = Code("RF016", "empty-input", _W, "An input that was named holds nothing")
PLAIN_Y_N = Code("RF017", "plain-y-n", _E, "A plain y or n in a policy is a boolean to kubectl")
KIND_REFUSED = Code("RF018", "kind-refused", _W, "The cluster doesn't let a kind be read")

# What an answer assumes
HOST_NETWORK = Code("RF050", "host-network", _N, "Host-network pods are outside pod policy")
CNI_ASSUMED = Code("RF051", "cni-assumed", _N, "Ranges are read as the network plugin of the input reads them")
NAMES_RECORDED = Code("RF052", "names-recorded", _N, "Rules by name mean the addresses that DNS answers were seen with")

# Suppressions
BAD_SUPPRESSION = Code("RF060", "bad-suppression", _W, "A suppression has no reason, or can't be read")
EXPIRED_SUPPRESSION = Code("RF061", "expired-suppression", _W, "A suppression's date has passed")
UNUSED_SUPPRESSION = Code("RF062", "unused-suppression", _W, "A suppression suppresses nothing")

# Validity of policies
BAD_FIELD = Code("RF101", "bad-field", _E, "A field has a value that the API refuses")
BAD_SELECTOR = Code("RF102", "bad-selector", _E, "A label selector is not valid")
BAD_CIDR = Code("RF103", "bad-cidr", _E, "An address range is not valid")
HOST_BITS = Code("RF104", "host-bits-set", _W, "An address range has host bits set")
EXCEPT_OUTSIDE = Code("RF105", "except-outside-cidr", _E, "An exception is not inside its range")
BAD_PORT = Code("RF106", "bad-port", _E, "A port entry is not valid")
POD_SELECTOR_MISSING = Code("RF107", "pod-selector-missing", _W, "podSelector is left out and selects every pod")
EMPTY_EGRESS_IGNORED = Code("RF108", "empty-egress-ignored", _W, "An empty list of rules alone isolates nothing")
EQUAL_PRIORITY = Code("RF109", "equal-priority", _W, "Two policies of one tier have the same priority")
TOO_MANY_RULES = Code("RF110", "too-many-rules", _W, "A policy has more rules or peers than the API allows")
UNKNOWN_PEER = Code("RF111", "unknown-peer", _E, "A peer is unknown or malformed, and fails closed")
BASELINE_NOT_SINGLE = Code("RF112", "baseline-not-single", _W, "A BaselineAdminNetworkPolicy is not named default")
UNKNOWN_FIELD = Code("RF113", "unknown-field", _W, "A field is not known to the API")
UNSUPPORTED_VERSION = Code("RF114", "unsupported-version", _E, "A policy is of an API version that is not evaluated")
POLICY_LEFT_OUT = Code("RF115", "policy-left-out", _E, "A policy can't be evaluated, and answers leave it out")
KIND_NOT_EVALUATED = Code("RF116", "kind-not-evaluated", _E, "A kind of policy is not evaluated; answers leave it out")
MIXED_ADMIN_APIS = Code("RF117", "mixed-admin-apis", _W, "Two admin policy APIs without a common order are present")
RULE_FAILS_CLOSED = Code("RF118", "rule-fails-closed", _E, "A rule with a part not understood fails closed")
INVALID_LABEL = Code("RF119", "invalid-label", _E, "A label of a pod or namespace is not valid")
HOST_POLICY = Code("RF120", "host-policy", _W, "A policy is for nodes, and answers leave it out")
TIER_NOT_GIVEN = Code("RF121", "tier-not-given", _W, "The tier of a policy is not in the input")
ENTERPRISE_FIELD = Code("RF122", "enterprise-field", _W, "A field that only Calico Enterprise and Cloud have")
TARGET_NOT_EVALUATED = Code("RF123", "target-not-evaluated", _W, "A policy is for a gateway, and answers leave it out")
STAGED_POLICY = Code("RF124", "staged-policy", _N, "A policy is staged: it enforces nothing")

# Selects nothing, or the wrong thing
SELECTS_NO_POD = Code("RF201", "selects-no-pod", _W, "A policy selects no pod")
PEER_MATCHES_NO_POD = Code("RF202", "peer-matches-no-pod", _W, "A peer of a rule matches no pod")
NEAR_MISS_LABELS = Code("RF203", "near-miss-labels", _W, "A selector misses pods by one label")
NAMESPACE_NAME_LABEL = Code("RF204", "namespace-name-label", _W, "A namespace is asked for by a label that it lacks")
NAMED_PORT_NOT_FOUND = Code("RF205", "named-port-not-found", _W, "No pod that the rule is for has the named port")
SERVICE_PORT = Code("RF206", "service-port", _E, "A rule names a Service's port; its pods listen on another")
SERVICE_ADDRESS = Code("RF207", "service-address", _E, "An ipBlock lies on Service addresses and selects no pods")
POD_ADDRESS = Code("RF208", "pod-address", _W, "An ipBlock lies on addresses of pods")
AND_OR_SLIP = Code("RF209", "and-or-slip", _W, "Two peer entries where one was probably meant")
VOLATILE_LABEL = Code("RF210", "volatile-label", _W, "A selector asks for a label that changes with every rollout")
RANGE_WITHOUT_PODS = Code("RF211", "range-without-pods", _W, "A range lies on pods or nodes, and matches none of them")
OUTSIDE_MESH = Code("RF212", "outside-mesh", _W, "A policy of the mesh is for pods outside the mesh")
IDENTITY_UNKNOWN = Code("RF213", "identity-unknown", _W, "A rule asks for an identity that its callers don't have")
CLIENT_POLICY = Code("RF214", "client-policy", _W, "A policy of the mesh was meant to limit what its pods call")
HTTP_ON_TCP = Code("RF215", "http-on-tcp", _W, "A rule speaks of requests at a port that is not HTTP")

# Cuts
DNS_CUT = Code("RF301", "dns-cut", _E, "A policy cuts pods off from DNS")
DNS_UDP_ONLY = Code("RF302", "dns-udp-only", _W, "DNS is allowed by UDP only")
DNS_PORT = Code("RF303", "dns-port", _E, "DNS is allowed on a port on which the DNS pods don't listen")
NODE_LOCAL_DNS_CUT = Code("RF304", "node-local-dns-cut", _E, "NodeLocal DNSCache is not allowed")
DNS_UPSTREAM_CUT = Code("RF305", "dns-upstream-cut", _E, "The DNS pods can't ask any server outside the cluster")
DEPENDENCY_CUT = Code("RF306", "dependency-cut", _E, "A policy cuts what a workload is configured to call")
HALF_OPEN = Code("RF307", "half-open", _W, "A rule allows what the other end denies")
INGRESS_CONTROLLER_CUT = Code("RF308", "ingress-controller-cut", _E, "The ingress controller can't reach a backend")
SCRAPER_CUT = Code("RF309", "scraper-cut", _W, "The collector of metrics can't reach pods that have metrics")
WEBHOOK_CUT = Code("RF310", "webhook-cut", _E, "The API server can't reach an admission webhook")
API_SERVER_CUT = Code("RF311", "api-server-cut", _W, "A workload that works through the API server can't reach it")
NAME_WITHOUT_DNS = Code("RF312", "name-without-dns", _E, "Egress by name is allowed to pods that can't resolve names")
API_SERVER_UNKNOWN = Code("RF313", "api-server-unknown", _N, "The input doesn't say where the API server is")
NAMES_NEVER_LEARNT = Code("RF314", "names-never-learnt", _E, "Egress by name, and no DNS rule to learn names from")
TIER_END = Code("RF315", "tier-end", _W, "The end of a tier cuts what later policies would allow")
MESH_ALLOWS_NOTHING = Code("RF316", "mesh-allows-nothing", _W, "A policy of the mesh allows nothing")

# Exposure
INGRESS_NOT_ISOLATED = Code("RF401", "ingress-not-isolated", _W, "Pods accept every connection")
EGRESS_NOT_ISOLATED = Code("RF402", "egress-not-isolated", _W, "Pods may open every connection")
ALLOW_ALL = Code("RF403", "allow-all", _W, "A policy isolates pods and allows them everything")
WORLD_EGRESS = Code("RF404", "world-egress", _W, "A policy lets pods out to the whole Internet")
WORLD_INGRESS = Code("RF405", "world-ingress", _W, "A policy lets the whole Internet in")
CLOUD_METADATA = Code("RF406", "cloud-metadata", _W, "A rule lets pods reach the cloud's metadata address")
OTHER_RESOLVERS = Code("RF407", "other-resolvers", _W, "A rule lets pods ask any DNS server")
HOST_NETWORK_BYPASS = Code("RF408", "host-network-bypass", _N, "Pods of the host network get past a policy")
OTHER_TEAM = Code("RF409", "other-team", _W, "Another team's pods get in, and no rule names that team")
INTERNET_BY_PROXY = Code("RF410", "internet-by-proxy", _N, "Pods get to the Internet through a proxy")
RANGE_TOO_WIDE = Code("RF411", "range-too-wide", _W, "A range allows far more addresses than it states")
STAGED_ONLY = Code("RF412", "staged-only", _W, "Only a staged policy guards pods, and it enforces nothing")

# Redundancy
RULE_CONTAINED = Code("RF501", "rule-contained", _W, "A rule lies within another and adds nothing")
POLICY_WITHOUT_EFFECT = Code("RF502", "policy-without-effect", _W, "Without the policy nothing would change")
RULE_SHADOWED = Code("RF503", "rule-shadowed", _W, "A rule of a tier is never reached")
EQUAL_POLICIES = Code("RF504", "equal-policies", _W, "Two policies say the same")
DENIED_ANYWAY = Code("RF505", "denied-anyway", _W, "A deny undoes all that a rule allows")

# Hygiene
MISSING_ANNOTATION = Code("RF601", "missing-annotation", _N, "A policy lacks an annotation that is asked for")
LABEL_SPELLINGS = Code("RF602", "label-spellings", _N, "Label keys of workloads differ only by spelling")
ACCIDENTAL_MATCH = Code("RF603", "accidental-match", _N, "A selector matches unrelated workloads by one shared label")
CNI_LIMIT = Code("RF604", "cni-limit", _W, "More rules than a network plugin can take")
LOOSE_WILDCARD = Code("RF605", "loose-wildcard", _W, "A wildcard in a name doesn't mean what it seems")
EQUAL_ORDER = Code("RF606", "equal-order", _W, "Two policies that disagree have the same order")

CODES: tuple[Code, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Code))
"""Every code, in the order of this table."""
