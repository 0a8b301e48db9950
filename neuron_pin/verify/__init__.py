"""Whether a lock is right, from the lock and the indexes alone.

Shares no code with what makes locks: it reads locks, pages and metadata by itself, with the
standard library and ``packaging``, and resolves nothing.  A lock is right if what was asked for
is in it, every requirement of every package in it is met by another one, nothing in it is
excluded or needed by nobody, and its files are those of the indexes and fit the target.
"""
