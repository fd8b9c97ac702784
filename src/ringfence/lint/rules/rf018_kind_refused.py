"""The cluster doesn't let a kind be read.

## What it does

Reports each kind of object that the user may not list in a running cluster, with the namespaces concerned, and each
API group whose kinds could not be learnt.

## Why it matters

What can't be seen is missing from every answer. A policy among it may allow or deny more than the answer says, and
pods among it are not known as sources or destinations.

## Example

The user may list pods in namespace `shop` only. The API server answers 403 for the namespace `data`, so nothing is
known of its pods.

## Use instead

The ClusterRole of `deploy/rbac.yaml`, which has the rights that reading needs and no others; or `--live-namespaces`
with the namespaces that the answer is to be about.

## Fix safety

There is no automatic fix: rights are given by whoever runs the cluster.
"""
