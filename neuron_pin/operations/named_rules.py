"""The rules that options name: by identifier, or by the phase that they are about."""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.policy import Rule

PHASE_RULES = {
    "maintenance": frozenset({Rule.MAINTENANCE}),
    "eos": frozenset({Rule.END_OF_SUPPORT, Rule.TARGET_ENDED}),
    "beta": frozenset({Rule.PRE_RELEASE}),
    "rc": frozenset({Rule.PRE_RELEASE}),
    "alpha": frozenset({Rule.PRE_RELEASE}),
    "ending": frozenset({Rule.ENDING}),
}


def failing_rules(words: Sequence[str]) -> frozenset[Rule]:
    """The rules that ``--fail-on`` names: identifiers, phases, or ``warning`` for all; raises
    `UnknownName`."""
    from neuron_pin.errors import UnknownName

    known = {rule.identifier: rule for rule in Rule}
    found: set[Rule] = set()
    for word in _split(words):
        if word == "warning":
            found |= set(Rule)
        elif word in PHASE_RULES:
            found |= PHASE_RULES[word]
        elif word.upper() in known:
            found.add(known[word.upper()])
        else:
            names = [*known, *PHASE_RULES, "warning"]
            raise UnknownName("rule or phase", word, names, hint="NP206, maintenance, warning …")
    return frozenset(found)


def read_rules(words: Sequence[str]) -> frozenset[Rule]:
    """The rules of these identifiers, in any case; raises `UnknownName`."""
    from neuron_pin.errors import UnknownName

    known = {rule.identifier: rule for rule in Rule}
    named = _split(words)
    for word in named:
        if word.upper() not in known:
            raise UnknownName("rule", word, known, hint="neuron-pin policy lists the rules")
    return frozenset(known[word.upper()] for word in named)


def _split(words: Sequence[str]) -> list[str]:
    """Words with commas between them as several ones."""
    return [part.strip() for word in words for part in word.split(",")]
