"""One check for a repository of policies: lint, schema, tests and the difference to a base revision."""
