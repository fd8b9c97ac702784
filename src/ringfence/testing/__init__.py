"""Policy tests: what must be allowed and what must be denied, judged over one cluster.

A suite is a document of kind ``PolicyTest`` (``docs/reference/policy-test.md``, ``docs/schemas/PolicyTest.json``). Four
steps lead from its text to an answer; each is a value, so that one who judges the same tests over many policy sets, as
mutation does, pays for the first three once::

    suites = reading.read(documents.objects)               # tuple[Suite, ...]: as written, each value with its place
    plan = planning.plan(suites, snapshot)                 # Plan: pods and addresses by number, ports resolved
    bench = judging.Bench(plan, engine)                    # the plan's pods as atoms of one engine
    report = running.run(plan, engine)                     # TestReport: every test with its counter-examples

- ``suite``: ``Suite``, ``Case`` and what a case says of its ends and ports.
- ``sources.documents.read_documents(paths, ("PolicyTest",))`` finds the documents in files.
- ``reading.read(objects)``: raises ``BadSuiteError`` with every problem found, each with ``file:line:column``.
- ``planning.plan(suites, snapshot, owner_label="")``: resolves every end and port; raises ``BadSuiteError`` where
  one names nothing. A ``Plan`` has ``cases``: ``PlannedCase`` with ``case`` (the ``Case``), ``expect`` and ``boxes``:
  ``Box(sources, destinations, ports)``, every connection that the case speaks of. ``Ends`` are a bit set over
  ``plan.points`` (pods and node addresses) and a set of other addresses.
- ``judging.Bench(plan, engine).passes(planned_case) -> bool``: fast, without counter-examples. ``engine`` may be any
  engine over the plan's snapshot, also one that came of another by ``with_policies``: give ``Bench`` the earlier one as
  ``like=bench`` and it shares what the change doesn't touch. Pods that the suite invents (``newPod``) are put in first.
- ``running.run(plan, engine) -> TestReport``: ``results``, each a ``Result`` with ``passed`` and ``failure``.
"""
