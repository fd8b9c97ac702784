"""What is allowed: every connection of a cluster, by pod or by workload."""
