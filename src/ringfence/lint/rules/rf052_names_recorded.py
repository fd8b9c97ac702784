"""Rules by name mean the addresses that DNS answers were seen with.

## What it does

Says that `--resolve` gave recorded DNS answers, how old they are, which names of rules they know, and which they
don't.

## Why it matters

A rule by name allows addresses: those that the enforcer saw in answers to the name. The record stands in for them. A
name may have other addresses by now, and a wildcard such as `*.example.com` matches names that nobody has recorded. A
name that isn't on record stays a condition: a connection through it is *allowed if* its address belongs to the name.

## Example

With `--resolve names.jsonl`, a rule of a CiliumNetworkPolicy with `toFQDNs: [{matchName: api.example.com}]`, and a
record of `api.example.com`.

## Use instead

A record that was made lately, over as long a time as the addresses take to change: `ringfence dns record` adds to it.

## Fix safety

There is no automatic fix: there is nothing to fix.
"""
