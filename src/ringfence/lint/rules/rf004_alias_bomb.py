"""YAML aliases expand beyond the limit.

## What it does

Reports a document whose aliases (`*name`) stand for more nodes than can sensibly be meant, and leaves it out.

## Why it matters

Nine lines of YAML can stand for a billion nodes. No reader of manifests should try.

## Example

Aliases of aliases, ten each, nine levels deep.

## Use instead

Write the values out.

## Fix safety

There is no automatic fix.
"""
