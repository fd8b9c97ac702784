"""``ringfence snapshot``: redacted archives."""
