"""Flow logs of any CNI: bytes in, distinct flows and losses out. One module a format."""
