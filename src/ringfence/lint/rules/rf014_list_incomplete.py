"""A list answer is one page of several.

## What it does

Reports a list that says of itself that more objects are on the API server.

## Why it matters

A policy that is missing changes what is allowed.

## Example

The body of `GET /apis/networking.k8s.io/v1/networkpolicies?limit=500`, whose `metadata.continue` is not empty.

## Use instead

`kubectl get … -o json`, which fetches all pages.

## Fix safety

There is no automatic fix.
"""
