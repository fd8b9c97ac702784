"""A file or directory can't be read.

## What it does

Reports a file or directory below a path that was named, and that can't be opened.

## Why it matters

What stands in it is missing from the answer. A policy that is missing changes what is allowed.

## Example

A file without read permission, or a link to a file that is gone.

## Use instead

Name only what should be read, or give the permission.

## Fix safety

There is no automatic fix.
"""
