"""Pre-install enforcement: a lock stays in force when somebody installs something later.

A kind of hook is a module of its own (`apt`, `dnf`, `pip`, `uv`) that says which files it
consists of; `installing` writes, removes and compares them.  ``program`` has what runs on a
machine, without this package.  `exec` enforces a lock on one command.
"""
