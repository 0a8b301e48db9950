"""Many hosts: what is known of each, which of them are of one class, what a lock needs of them.

Pure functions over documents: nothing here reads a file, a host or the clock.
"""
