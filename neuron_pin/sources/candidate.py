"""What a source offers: one version of one package, with its files and the facts of it."""

from __future__ import annotations

from neuron_pin.catalog import Member
from neuron_pin.policy import PackageKey
from neuron_pin.record import NamedTuple


class File(NamedTuple):
    """One file of an index.

    ``url`` is absolute and without credentials.  ``hashes`` are (algorithm, hex digest)
    pairs.  ``size`` is in bytes, none where the index does not say.  ``uploaded`` is ISO 8601.
    """

    filename: str
    url: str
    hashes: tuple[tuple[str, str], ...] = ()
    size: int | None = None
    uploaded: str = ""


class Candidate(NamedTuple):
    """One version of one package, as one source offers it.

    ``member`` is the release's row for it, where it is a member of one.  ``source`` is its
    address, ``public`` says that it is no index of Neuron's.  ``yanked`` is the
    reason (PEP 592), none if not yanked.  ``has_wheel`` is false where a version has no
    wheel at all, ``fits`` where it has none for the target; ``is_sdist`` says that the files
    are source distributions.  ``uploaded`` is when it came
    to the index (ISO 8601, UTC), empty where that is not known.  ``c_library`` is the least
    glibc that a system package states to need, as ``2.34``, empty for none.  ``release`` is
    the SDK release that it is a member of, where that is not the lock's own.
    """

    key: PackageKey
    version: str
    source: str
    member: Member | None = None
    files: tuple[File, ...] = ()
    requires_python: str = ""
    yanked: str | None = None
    public: bool = False
    has_wheel: bool = True
    fits: bool = True
    prerelease: bool = False
    uploaded: str = ""
    is_sdist: bool = False
    c_library: str = ""
    release: str = ""


class NotStatic(Exception):
    """A source distribution leaves what it requires to a build; the text says in what way.

    ``stated`` is what it says of that all the same, as core metadata: the build may tell something
    else.  Empty where it says nothing."""

    def __init__(self, reason: str, stated: str = "") -> None:
        super().__init__(reason)
        self.stated = stated
