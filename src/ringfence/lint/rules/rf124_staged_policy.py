"""A policy is staged: it enforces nothing.

## What it does

Says once that the input has policies of Calico's `Staged` kinds.

## Why it matters

A staged policy shows in Calico's flow logs what it would do, and does nothing. Answers leave it out, since the cluster
does. With `--staged`, `reach`, `why`, `verdict`, `test`, `diagnose` and `diff` read staged policies as if they were
enforced, and the note says so.

## Example

```yaml
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: app == 'db'
  ingress:
  - {action: Allow, source: {selector: app == 'web'}}
```

## Use instead

```yaml
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: app == 'db'
  ingress:
  - {action: Allow, source: {selector: app == 'web'}}
```

## Fix safety

There is no automatic fix: when a policy is enforced is for its author to say.
"""
