"""Completed pods hold no address and are left out.

## What it does

Counts the pods of the input that have ended (`Succeeded`, `Failed`).

## Why it matters

They have no address any more, so nothing can be said about their connections. Nothing is wrong.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: migrate-x7k2, namespace: shop, labels: {app: migrate}}
spec: {containers: [{name: migrate, image: migrate}]}
status: {phase: Succeeded}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: migrate-x7k2, namespace: shop, labels: {app: migrate}}
spec: {containers: [{name: migrate, image: migrate}]}
status: {phase: Running, podIP: 10.244.0.9}
```

## Fix safety

There is no automatic fix.
"""
