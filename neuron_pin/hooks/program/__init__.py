"""Programs that hooks install on a machine.

They run there without this package: each is the standard library of the system's Python 3.6
or newer alone, and of no more of it than a transaction needs.
"""
