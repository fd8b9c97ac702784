"""An object has a field of the wrong type or lacks one that is needed.

## What it does

Reports a pod, workload, Service, namespace or node that can't be read as the API defines it, and leaves it out.

## Why it matters

The API server would refuse the object. Without it the answer may lack a pod.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {release: 7}}
spec: {containers: [{name: web, image: web}]}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {release: "7"}}
spec: {containers: [{name: web, image: web}]}
```

## Fix safety

There is no automatic fix.
"""
