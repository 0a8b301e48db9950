"""Fetching bytes: connections, deadlines, the cache."""
