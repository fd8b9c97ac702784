"""Answers to text, tables, graphs and pages. Renderers compute nothing: they show what an answer holds."""
