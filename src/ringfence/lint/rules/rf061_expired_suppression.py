"""A suppression's date has passed.

## What it does

Reports entries of the annotation `ringfence.dev/ignore` whose date is in the past. They suppress nothing any more.

## Why it matters

It was set aside for a time, and the time is over.

## Example

`ringfence.dev/ignore: "RF210: canary (until 2020-01-31)"`

## Use instead

A later date, or a policy without the fault.

## Fix safety

There is no automatic fix: whether the reason still holds is for people to say.
"""
