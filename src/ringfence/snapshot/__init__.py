"""A cluster's policy-relevant state, redacted, as one small archive."""
