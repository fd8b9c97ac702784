"""One check for a repository of policies, on real git repositories."""
