"""Questions about observed traffic: who is denied, since when, by what, and what changed."""
