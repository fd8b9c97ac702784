"""Seeded traffic with known truth for a cluster, written in any log format."""
