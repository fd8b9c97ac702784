"""One module a rule, ``rfNNN_slug``: its docstring is its page, its ``check`` finds what is wrong.

The docstring starts with one line that says the fault, and has the sections of
:data:`ringfence.lint.pages.SECTIONS`. A rule of :data:`~ringfence.lint.registry.Needs.INPUT` has no ``check``: its
findings come from reading the input and the policies.
"""
