"""What a part of the index is judged by, as its path says it.

``/simple/`` is judged as the server was told.  Before it, in any order: ``sdk/2.26`` (members
of that release alone), with an instance family behind it if wanted (``sdk/2.26/trn1``),
``instance/trn1``, ``as-of/2026-01-31`` and ``phase/beta``, which may come again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import Catalog, Release
from neuron_pin.errors import UnknownName, WrongUsage
from neuron_pin.policy import Phase
from neuron_pin.record import NamedTuple
from neuron_pin.target import Target, make_target, parse_day

MAX_PARTS = 16
"""Parts of a path that may say by what is judged."""


class View(NamedTuple):
    """What files are judged by.

    ``sdk`` is a release's whole version, empty for any.  ``instance`` is a family, empty for
    any.  ``as_of`` is the day on which the index is seen, none for today's.
    """

    sdk: str = ""
    instance: str = ""
    as_of: date | None = None
    phases: frozenset[Phase] = frozenset()

    @property
    def path(self) -> str:
        """Its one way to be written, with a slash at the end; empty for the plain one."""
        parts = [f"as-of/{self.as_of}"] if self.as_of else []
        parts += [f"phase/{phase.label}" for phase in sorted(self.phases)]
        parts += [f"sdk/{self.sdk}"] if self.sdk else []
        parts += [f"instance/{self.instance}"] if self.instance else []
        return "".join(f"{part}/" for part in parts)

    @property
    def label(self) -> str:
        """A few words for people."""
        parts = [f"SDK {self.sdk}"] if self.sdk else []
        parts += [self.instance] if self.instance else []
        parts += [f"as of {self.as_of}"] if self.as_of else []
        parts += [f"{phase.label} allowed" for phase in sorted(self.phases)]
        return ", ".join(parts) or "today, any release, any instance family"

    def target(self, catalog: Catalog, today: date) -> Target:
        """What candidates are judged for.  Its Python and platform say nothing: an index is
        asked by many, and each takes what fits it."""
        return make_target(
            catalog,
            instance=self.instance or None,
            system=None,
            python=None,
            as_of=self.as_of or today,
            phases=[phase.label for phase in self.phases],
            this_python="3.12",
        )


def parse_view(parts: Sequence[str], base: View, catalog: Catalog, today: date) -> View:
    """The view that parts of a path name, where they leave something open as ``base`` has it.

    Raises `UnknownName` or `WrongUsage`.
    """
    if len(parts) > MAX_PARTS:
        raise WrongUsage(f"the path has more than {MAX_PARTS} parts")
    view, words = base, list(parts)
    sdk = ""
    while words:
        key = words.pop(0)
        if key not in KEYS:
            raise UnknownName("part of a path", key[:60], KEYS, hint="known: " + ", ".join(KEYS))
        if not words or not words[0]:
            raise WrongUsage(f"the path has nothing after {key}/", hint=f"for example {KEYS[key]}")
        value = words.pop(0)[:60]
        if key == "sdk":
            sdk = value
            if words and words[0].lower() in catalog.instances:
                view = view._replace(instance=catalog.instance(words.pop(0)))
        elif key == "instance":
            view = view._replace(instance=catalog.instance(value))
        elif key == "as-of":
            view = view._replace(as_of=parse_day(value, "as-of"))
        else:
            view = view._replace(phases=view.phases | {Phase.parse(value)})
    if sdk:
        view = view._replace(sdk=find_release(sdk, catalog, view.as_of or today).sdk)
    return view


def find_release(text: str, catalog: Catalog, as_of: date) -> Release:
    """The newest release by a day that a version, or the front of one (``2.26``), names;
    raises `UnknownName`."""
    known = [r for r in catalog.releases if r.listed and r.date <= as_of]
    for release in known:
        if (
            (text == "latest" and release.is_final)
            or release.sdk == text
            or release.sdk.startswith(f"{text}.")
        ):
            return release
    newest = known[0].sdk if known else "none"
    raise UnknownName(
        "SDK release", text, [r.sdk for r in known], hint=f"the newest on {as_of} is {newest}"
    )


KEYS = {
    "sdk": "sdk/2.26, sdk/latest",
    "instance": "instance/trn1",
    "as-of": "as-of/2026-01-31",
    "phase": "phase/beta",
}
"""What a path may say, with an example."""
