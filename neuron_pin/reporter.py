"""What a caller can be told while a lock is made."""

from __future__ import annotations


class Reporter:
    """Receives progress; subclass it and override what is wanted.  This class ignores all of it.

    Methods should return quickly and raise nothing: the work waits for them.  `requested` is
    also called from the threads that read ahead.
    """

    def requested(self, url: str) -> None:
        """An address is about to be asked over the network; ``url`` carries no credentials.

        Once an address: retries and redirects are not reported.  What the cache answers
        is not requested.
        """

    def trying(self, sdk: str) -> None:
        """An SDK release is about to be tried; the newest that satisfies everything is taken.

        Not called where a lock comes from the cache.
        """

    def conflicted(self, message: str) -> None:
        """There is no solution, as ``message`` says.  Changed requests are tried now, to say what
        would work; `requested` and `trying` are then called for those."""

    def examined(self, what: str, done: int, total: int) -> None:
        """Of something that is checked, a file, an environment or an image with its layers, so
        many of so many parts are done; ``what`` is next.  ``total`` is 0 where it is not known."""

    def resolved(self, packages: int) -> None:
        """There is a solution, with so many packages."""


SILENT = Reporter()
"""Reports nothing."""
