"""Host-network pods are outside pod policy.

## What it does

An answer of `ringfence reach` says how many pods of the host network it is about. The linter itself finds such pods
by the rules of the block RF4xx.

## Why it matters

No selector matches them, and no policy of the pod kind guards them: they act as their node.

## Example

A DaemonSet with `hostNetwork: true`.

## Use instead

Pods with a network of their own, where the program can do with one.

## Fix safety

There is no automatic fix.
"""
