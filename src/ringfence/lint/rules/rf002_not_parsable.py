"""A document is not valid YAML or JSON.

## What it does

Reports a document that can't be parsed, with the line and column where it ends to make sense. Other documents of
the file are read as far as they can be told apart.

## Why it matters

What stands in it is missing from the answer.

## Example

A line that is indented with a tab, or a template that was never rendered (`{{ .Values.name }}`).

## Use instead

Render templates before they are linted: `helm template`, `kustomize build`.

## Fix safety

There is no automatic fix.
"""
