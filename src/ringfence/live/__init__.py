"""The API server as an input: lists, watches, and what it refused."""
