"""What each rule means to pip, apt and rpm, with an example: the rest of its page.

Apart from `rules`, because every lock loads those and only a page needs these.
"""

from __future__ import annotations

from typing import NamedTuple

from .rules import Rule


class RuleBehavior(NamedTuple):
    """What a rule comes to in each ecosystem, empty where it says nothing; a command or
    message that shows it."""

    pip: str
    apt: str
    rpm: str
    example: str


_LEFT_OUT = "left out of constraints and lock files"
_NOT_PINNED = "no stanza of the preferences admits it: priority -1"
_NOT_LOCKED = "not in the version lock"

_ANY = (_LEFT_OUT, _NOT_PINNED, _NOT_LOCKED)
_PIP = (_LEFT_OUT, "", "")
_SYSTEM = ("", _NOT_PINNED, _NOT_LOCKED)
_UNCHECKED = ("not checked", "not checked", "not checked")
_STANDS = ("the finding stands", "the finding stands", "the finding stands")
_HOOK_REFUSES = "the hook refuses the transaction"
_PLUGIN_REFUSES = "the plugin refuses the transaction"
_REFUSED = ("no lock is written", "no lock is written", "no lock is written")

MEANINGS = {
    Rule.INSTANCE: RuleBehavior(*_ANY, "neuron-pin explain torch-neuron --instance trn1"),
    Rule.PYTHON: RuleBehavior(*_PIP, "neuron-pin explain torch-neuronx --python 3.8"),
    Rule.OPERATING_SYSTEM: RuleBehavior(
        *_SYSTEM, "neuron-pin explain aws-neuronx-tools --os debian12 --sdk 2.20.0"
    ),
    Rule.PLATFORM: RuleBehavior(*_PIP, "neuron-pin lock torch --os amzn2 --python 3.12"),
    Rule.REQUIRES_PYTHON: RuleBehavior(*_PIP, "neuron-pin lock numpy --python 3.8"),
    Rule.SCOPE: RuleBehavior(*_SYSTEM, "neuron-pin lock --instance trn2 --scope container"),
    Rule.DRIVER_KEPT: RuleBehavior(
        *_SYSTEM, "neuron-pin lock --instance trn1 --python 3.11 --with-driver 2.27.4.0"
    ),
    Rule.C_LIBRARY: RuleBehavior(
        "",
        "apt would find the dependency unmet",
        "dnf would find the requirement unmet",
        "neuron-pin lock aws-neuronx-tools --os ubuntu20.04 --apt-repo …",
    ),
    Rule.KERNEL: RuleBehavior(
        *_SYSTEM, "neuron-pin lock aws-neuronx-dkms --os amzn2 --with-kernel 4.14"
    ),
    Rule.KERNEL_UNTESTED: RuleBehavior(
        "", _HOOK_REFUSES, _PLUGIN_REFUSES, "neuron-pin hook install apt --lock lock.json"
    ),
    Rule.KERNEL_HEADERS: RuleBehavior(
        "", _HOOK_REFUSES, _PLUGIN_REFUSES, "neuron-pin hook install dnf --lock lock.json"
    ),
    Rule.TARGET_ENDED: RuleBehavior(*_REFUSED, "neuron-pin lock --instance trn1 --python 3.9"),
    Rule.END_OF_SUPPORT: RuleBehavior(
        "left out unless pinned exactly, then with a warning",
        "priority -1; apt-get install name=VERSION still reaches it",
        _NOT_LOCKED,
        "neuron-pin lock 'torch-neuronx==2.5.1.2.6.0.15423'",
    ),
    Rule.PRE_RELEASE: RuleBehavior(
        "a pre-release (PEP 440): only by an exact pin or --phase beta",
        "priority -1",
        _NOT_LOCKED,
        "neuron-pin lock vllm-neuron --instance trn2 --phase beta",
    ),
    Rule.FRAMEWORK_DEFAULT: RuleBehavior(
        *_PIP, "neuron-pin lock 'torch-neuronx==2.8.*' --sdk 2.28.1 --as-of 2026-03-20"
    ),
    Rule.NOT_RELEASED_YET: RuleBehavior(*_ANY, "neuron-pin lock torch-neuronx --as-of 2025-01-01"),
    Rule.SUPPORT_UNTIL: RuleBehavior(
        *_ANY, "neuron-pin lock torch-neuronx --require-support-until 2026-12-31"
    ),
    Rule.MAINTENANCE: RuleBehavior(
        "allowed, with a warning", "allowed", "allowed", "neuron-pin check requirements.txt"
    ),
    Rule.ENDING: RuleBehavior(
        "allowed until that day",
        "allowed until that day",
        "allowed until that day",
        "neuron-pin check --within 180d requirements.txt",
    ),
    Rule.UNPINNED: RuleBehavior(
        "torch-neuronx==2.9.0.2.*",
        "aws-neuronx-tools=2.*",
        "aws-neuronx-tools-0:2.*",
        "neuron-pin check requirements.txt",
    ),
    Rule.MIXED_RELEASES: RuleBehavior(
        "one lock for all of them: neuron-pin lock",
        "one lock for all of them: neuron-pin lock",
        "one lock for all of them: neuron-pin lock",
        "neuron-pin check --venv .venv",
    ),
    Rule.UNKNOWN_VERSION: RuleBehavior(
        "perhaps a decoy of another index", "", "", "neuron-pin check --venv .venv"
    ),
    Rule.REQUIREMENT: RuleBehavior(*_ANY, "neuron-pin lock torch-neuronx 'torch<2.9'"),
    Rule.CONSTRAINT: RuleBehavior(*_ANY, "neuron-pin lock torch-neuronx -c constraints.txt"),
    Rule.YANKED: RuleBehavior("left out unless pinned exactly", "", "", "neuron-pin lock NAME"),
    Rule.OLDER_REVISION: RuleBehavior(
        "",
        "the pin names the revision: 2.34.10.0-ac18d186d",
        "the lock names the release",
        "neuron-pin lock aws-neuronx-tools --apt-repo …",
    ),
    Rule.OUTSIDE_LOCK: RuleBehavior(
        "pip and uv find no solution with the lock's constraints",
        _HOOK_REFUSES,
        f"{_PLUGIN_REFUSES}; the version lock hides other versions",
        "neuron-pin hook install apt --lock lock.json",
    ),
    Rule.UNTRUSTED_INDEX: RuleBehavior(
        "an explicit index for the name (uv.toml), or the index order of pip.conf",
        "Pin: origin, and Signed-By of the source",
        "the repository's id and priority",
        "neuron-pin lock neuronx-cc",
    ),
    Rule.NO_WHEEL: RuleBehavior(*_PIP, "neuron-pin lock NAME --build NAME"),
    Rule.INVALID_FILE: RuleBehavior(*_PIP, "neuron-pin lock NAME -v"),
    Rule.QUARANTINED: RuleBehavior(*_PIP, "neuron-pin lock NAME"),
    Rule.FOREIGN_HOST: RuleBehavior(
        "not on the pages that serve answers with",
        "",
        "",
        "neuron-pin serve --files cache --file-host files.example.com",
    ),
    Rule.NOT_MEMBER: RuleBehavior(*_ANY, "neuron-pin explain neuronx-cc --sdk 2.30.0"),
    Rule.FRAMEWORK_COHERENCE: RuleBehavior(*_PIP, "neuron-pin lock torch-neuronx 'torch==2.8.*'"),
    Rule.NOT_A_PACKAGE: RuleBehavior("", "", "", "neuron-pin explain efa-installer"),
    Rule.NO_VERSION: RuleBehavior("", "", "", "neuron-pin explain efa-installer --sdk 2.20.0"),
    Rule.PLACEHOLDER: RuleBehavior(
        "imports fail, or do nothing", "", "", "neuron-pin check --venv .venv"
    ),
    Rule.BAD_METADATA: RuleBehavior(
        "refused by newer installers, ignored by older", "", "", "neuron-pin check --venv .venv"
    ),
    Rule.RELEASE_LACKS: RuleBehavior(*_ANY, "neuron-pin lock torch-neuronx --instance trn2"),
    Rule.DRIVER_WINDOW: RuleBehavior(
        *_ANY, "neuron-pin lock --instance trn1 --python 3.11 --with-driver 2.26.5.0"
    ),
    Rule.APT_SOURCE: RuleBehavior(
        "", "no candidate, or that of another release", "", "neuron-pin doctor"
    ),
    Rule.APT_KEY: RuleBehavior(
        "", "apt-get update warns and keeps old lists", "", "neuron-pin doctor"
    ),
    Rule.APT_LISTS: RuleBehavior(
        "", "versions of long ago are candidates", "", "neuron-pin doctor"
    ),
    Rule.APT_DECOY: RuleBehavior(
        "", "the highest version wins, from any source", "", "neuron-pin doctor"
    ),
    Rule.APT_PREFERENCES: RuleBehavior("", "the pin has no effect", "", "neuron-pin doctor"),
    Rule.PIN_OVERRIDDEN: RuleBehavior(
        "", "another file's stanza decides", "", "neuron-pin explain aws-neuronx-tools --host"
    ),
    Rule.OUTSIDE_PIN: RuleBehavior(
        "", "apt keeps what is installed", "", "neuron-pin explain NAME --host"
    ),
    Rule.HELD: RuleBehavior("", "apt-mark showhold lists it", "", "neuron-pin explain NAME --host"),
    Rule.NOT_LOADED: RuleBehavior(
        "", "upgrades the file, not what runs", "the same", "neuron-pin check --host"
    ),
    Rule.UNREADABLE: RuleBehavior(*_UNCHECKED, "neuron-pin check --image image.tar"),
    Rule.IGNORE: RuleBehavior(*_STANDS, "neuron-pin check requirements.txt"),
    Rule.SHORT_NOTICE: RuleBehavior("", "", "", "neuron-pin catalog lint"),
    Rule.PHASE_OF_KIND: RuleBehavior("", "", "", "neuron-pin catalog lint"),
    Rule.UNANNOUNCED: RuleBehavior("", "", "", "neuron-pin catalog lint"),
    Rule.SIX_MONTHS: RuleBehavior("", "", "", "neuron-pin catalog lint"),
    Rule.MANIFEST_DISAGREES: RuleBehavior("", "", "", "neuron-pin catalog lint"),
    Rule.VERSIONING: RuleBehavior("", "", "", "neuron-pin catalog lint"),
    Rule.EVENTS_DISAGREE: RuleBehavior("", "", "", "neuron-pin catalog lint"),
    Rule.BAD_FACT: RuleBehavior("", "", "", "neuron-pin catalog lint DIR"),
}
"""Every rule's meaning."""
