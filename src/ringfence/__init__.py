"""Ringfence: the workbench for Kubernetes network policy."""

__version__ = "0.1.0"
