"""rpm repositories and the sources of a machine."""
