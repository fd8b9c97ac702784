"""A symbolic link leads back to a directory already read.

## What it does

Reports links that are not followed, because what they lead to is read already.

## Why it matters

Nothing is missing; but a tree that contains itself is seldom meant.

## Example

`manifests/all`, a link to `manifests`.

## Use instead

Delete the link.

## Fix safety

There is no automatic fix.
"""
