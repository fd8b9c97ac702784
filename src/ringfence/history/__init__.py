"""A cluster over time: the state that a watcher keeps, and the changes of policies."""
