"""Flows joined with the cluster: inventory with time, edges, and the store that keeps them."""
