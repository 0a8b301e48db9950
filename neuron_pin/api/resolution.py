"""What `lock` gives: a resolution that can be written in every format."""

from __future__ import annotations

from typing import Literal

from neuron_pin import resolve
from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.errors import WrongUsage


class Resolution(resolve.Resolution):
    """What may be installed on a target, and why not the rest: ``sdk``, ``target``,
    ``packages``, ``exclusions``, ``warnings``, ``support``."""

    __slots__ = ()

    def render(self, form: str, *, command: str = "neuron_pin.lock") -> str:
        """The text of a format of ``neuron-pin lock --format``: ``constraints``,
        ``apt-preferences``, ``json``, ``pylock`` …

        ``command`` is what the text names as its origin.  The same resolution gives the same
        text.  Raises `WrongUsage` for an unknown format, and for one that needs files or hashes
        that are not known: see `lock`.
        """
        from neuron_pin.outputs import find_format

        if not command.isprintable():
            raise WrongUsage(f"command: {command!r} is not one line of text")
        return find_format(form).render(self, command)

    def part(
        self, scope: Literal["host", "container"], *, catalog: Catalog | None = None
    ) -> Resolution:
        """What of a lock for both sides is for the host, or for a container on it, as
        ``--host-output`` and ``--container-output`` write it.

        Raises `WrongUsage` for another word, and where the lock is for the other side alone.
        """
        from neuron_pin.resolve.parts import take_part
        from neuron_pin.target import Scope

        sides = {"host": Scope.HOST, "container": Scope.CONTAINER}
        if scope not in sides:
            raise WrongUsage(f"scope: {scope!r} is not a side", hint="host or container")
        if self.target.scope not in (Scope.BOTH, sides[scope]):
            raise WrongUsage(f"the lock has nothing for the {scope}: it is for the other side")
        return Resolution(*take_part(self, sides[scope], catalog or load_catalog()))
