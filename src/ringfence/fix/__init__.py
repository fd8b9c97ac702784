"""What to change so that a connection is allowed, or is not: candidates, each verified on a patched engine.

``network_policy``, ``tiers`` and ``labels`` make candidates for one denial, ``closing`` for one that allows too much;
``search`` puts them together until the connection is as wanted; ``effects`` says what else each opens and closes.
``writing`` edits the user's files.
"""
