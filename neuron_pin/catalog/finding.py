"""What people call subjects: words of a command line, and the subjects that are meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neuron_pin.errors import UnknownName
from neuron_pin.policy import Subject, SubjectKind

from .names import canonicalize_name
from .status import Status


def find_subjects(statuses: Iterable[Status], wanted: Sequence[str]) -> list[Status]:
    """The statuses of what is asked for, in the order of the question.

    A word is a name, a name with a version in any usual spelling (``torch-neuronx 2.8``,
    ``torch-neuronx==2.8``, ``python3.9``), a version of the SDK, or a part of a name if
    nothing is called so; ``kind:`` in front narrows it down.  Raises `UnknownName`.
    """
    everything = list(statuses)
    found: dict[Subject, Status] = {}
    for words in wanted:
        kind, _, rest = words.partition(":")
        of_kind = everything
        if rest and any(kind == known.value for known in SubjectKind):
            of_kind = [s for s in everything if s.subject.kind.value == kind]
            words = rest
        exact = [s for s in of_kind if _spell(words) in _spellings(s.subject)]
        hits = exact or [s for s in of_kind if _spell(words) in _spell(s.subject.label)]
        if not hits:
            raise UnknownName(
                "subject",
                words,
                sorted({s.subject.label for s in everything}),
                hint="neuron-pin lifecycle lists them all",
            )
        found.update((s.subject, s) for s in hits)
    return list(found.values())


def _spell(text: str) -> str:
    return "".join(c for c in text.lower().replace("_", "-") if c not in " =*").strip("-")


def _spellings(subject: Subject) -> set[str]:
    spellings = {subject.name, canonicalize_name(subject.name), subject.label}
    if subject.kind is SubjectKind.SDK:
        spellings |= {subject.version, f"sdk{subject.version}"}
    return {_spell(text) for text in spellings}
