"""Pods have no address in the input: no ipBlock can match them.

## What it does

Counts the pods without an address, such as those that are read from a Deployment.

## Why it matters

An `ipBlock` that would match their future address can't be seen to do so.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIP: 10.244.0.9}
```

## Fix safety

There is no automatic fix: addresses are known to the cluster only.
"""
