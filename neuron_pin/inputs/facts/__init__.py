"""Facts of hosts that somebody gathered and kept: folders of JSON, JSON lines, caches of others."""
