"""An input is larger than the limit.

## What it does

Reports a file, stream or archive that is larger than what is read: 100 MiB of YAML, 1 GiB of JSON.

## Why it matters

What stands in it is missing from the answer. The limit keeps one file from taking all memory.

## Example

A dump of every object of a large cluster as YAML.

## Use instead

`kubectl get … -o json`, which is read in less memory and much faster, for the kinds that matter here.

## Fix safety

There is no automatic fix.
"""
