"""Locks and other files that state exact versions."""
