"""What a machine has: packages, distributions, preferences, hooks."""
