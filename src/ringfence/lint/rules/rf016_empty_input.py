"""An input that was named holds nothing.

## What it does

Reports a file or directory that was named and has no object in it.

## Why it matters

An empty answer looks like a good one.

## Example

A directory with templates only.

## Use instead

Name the directory of the rendered manifests.

## Fix safety

There is no automatic fix.
"""
