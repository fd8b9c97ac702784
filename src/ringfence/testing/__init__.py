"""Policy tests: what must be allowed and what must be denied, judged over one cluster."""
