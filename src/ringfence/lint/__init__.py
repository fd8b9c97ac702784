"""The linter: rules over a snapshot and its policies, from what they really allow.

One rule is one module of :mod:`ringfence.lint.rules`; :mod:`ringfence.lint.registry` is the table of all of them.
"""
