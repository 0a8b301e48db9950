"""Verdicts on versions as text and JSON."""

from __future__ import annotations

import json
from collections import Counter

from neuron_pin.catalog import FactsAge, sdk_key
from neuron_pin.catalog.backends import describe_backends
from neuron_pin.catalog.sources import find_source_url
from neuron_pin.inputs import Requirement
from neuron_pin.operations.explain import Explanation, PairExplanation
from neuron_pin.outputs.table import cite
from neuron_pin.policy import Phase, Rule
from neuron_pin.resolve.explain import Verdict
from neuron_pin.screen import PLAIN, Cell, Screen, columns

SCHEMA_VERSION = 1
MAX_MISMATCHED = 3
"""Versions that do not match the requirement, above which they share a row."""


def render_explanation(
    requirement: Requirement,
    found: Explanation,
    form: str,
    age: FactsAge,
    *,
    everything: bool,
    screen: Screen = PLAIN,
) -> str:
    """One package; of each version that was excluded the first rule, or all of them with
    ``everything``."""
    if form == "json":
        document = {
            "schema_version": SCHEMA_VERSION,
            "name": requirement.name,
            **age.as_judged(),
            "sdk": found.resolution.sdk if found.resolution else None,
            "target": found.target.label,
            "versions": [_document(verdict) for verdict in found.verdicts],
            "grounds": list(found.grounds),
            "backends": [
                {
                    "name": backend.name,
                    "versions": str(backend.versions),
                    "index": backend.framework_index or None,
                    "source": backend.source,
                    "source_url": find_source_url(backend.source),
                }
                for backend in found.backends
            ],
            "newer": list(found.newer),
        }
        return json.dumps(document, indent=2) + "\n"
    resolution = found.resolution
    release = f", SDK {resolution.sdk}" if resolution and resolution.sdk else ""
    lines = [f"{requirement.text} for {found.target.label}{release}", ""]
    lines[1:1] = [found.departure] if found.departure else []
    rows: list[tuple[str | Cell, ...]] = []
    verdicts = list(found.verdicts)
    mismatched = [verdict for verdict in verdicts if _is_mismatched(verdict)]
    if len(mismatched) > MAX_MISMATCHED and not everything:
        # One row at the end: what was not asked for is not what is to be explained.
        verdicts = [verdict for verdict in verdicts if verdict not in mismatched]
    for verdict in verdicts:
        newest = verdict.releases[0] if verdict.releases else ""
        oldest = verdict.releases[-1] if verdict.releases else ""
        sdk = newest if newest == oldest else f"{oldest}-{newest}"
        # Nobody has promised anything of software that is not Neuron's.
        phase = verdict.phase_label if found.is_neuron else ""
        if verdict.chosen:
            rows.append((verdict.version, sdk, phase, "chosen", verdict.source))
            continue
        shown = verdict.exclusions if everything else verdict.exclusions[:1]
        for exclusion in shown:
            reason = cite(exclusion.reason, exclusion.source, screen)
            rule = exclusion.rule.identifier
            rows.append((verdict.version, sdk, phase, rule, reason))
        if not shown:
            reason = "a newer version was chosen" if resolution else ""
            rows.append((verdict.version, sdk, phase, "-", reason))
    if len(verdicts) < len(found.verdicts):
        words = f"{len(mismatched)} versions"
        reason = f"{mismatched[0].exclusions[0].reason}; -v shows each"
        rows.append((words, "", "", mismatched[0].exclusions[0].rule.identifier, reason))
    lines += columns(("VERSION", "SDK", "PHASE", "VERDICT", "REASON"), rows, screen)
    lines += _list_unannounced(found)
    lines += ["", *found.grounds] if found.grounds else []
    several = describe_backends(requirement.name, found.backends, with_sources=screen.names_sources)
    lines += ["", f"{several} ({Rule.ANOTHER_BACKEND.identifier})"] if several else []
    lines += ["", *found.newer] if found.newer else []
    counts = Counter(
        f"{v.exclusions[0].rule.identifier} {v.exclusions[0].rule.title}"
        for v in found.verdicts
        if not v.chosen and v.exclusions
    )
    chosen = sum(verdict.chosen for verdict in found.verdicts)
    lines += ["", f"{len(found.verdicts)} versions, {chosen} chosen"]
    lines += [f"  {count:4} {rule}" for rule, count in counts.most_common()]
    return "\n".join(lines) + "\n"


def _list_unannounced(found: Explanation) -> list[str]:
    """That versions older than ended ones left the releases although nothing was announced:
    their phase is what they were released in."""
    ended, gone = False, []
    for verdict in found.verdicts if found.is_neuron else ():
        ended = ended or verdict.phase is Phase.EOS
        if _is_mismatched(verdict) or verdict.chosen or not verdict.releases:
            continue
        if ended and verdict.phase is Phase.STABLE:
            gone.append(verdict)
    if not gone:
        return []
    last = max((verdict.releases[0] for verdict in gone), key=sdk_key)
    names = gone[0].version if len(gone) == 1 else f"{gone[0].version} … {gone[-1].version}"
    return ["", f"{names}: left the releases (last: {last}) without an announcement"]


def _is_mismatched(verdict: Verdict) -> bool:
    return bool(verdict.exclusions) and verdict.exclusions[0].rule is Rule.REQUIREMENT


def _document(verdict: Verdict) -> dict[str, object]:
    from neuron_pin.outputs.lock_json import make_exclusion

    return {
        "ecosystem": verdict.key.ecosystem.value,
        "version": verdict.version,
        "chosen": verdict.chosen,
        "phase": verdict.phase_label,
        "releases": list(verdict.releases),
        "source": verdict.source or None,
        "exclusions": [make_exclusion(exclusion)._asdict() for exclusion in verdict.exclusions],
    }


def render_pair(found: PairExplanation, form: str, age: FactsAge, screen: Screen = PLAIN) -> str:
    """Two packages, version by version of the first."""
    first, second = found.first, found.second
    if form == "json":
        document = {
            "schema_version": SCHEMA_VERSION,
            "name": first.name,
            **age.as_judged(),
            "with": second.name,
            "target": found.target.label,
            "pairs": [
                {
                    "version": verdict.version,
                    "phase": verdict.phase.label,
                    "with": verdict.other or None,
                    "sdk": verdict.sdk or None,
                    "reasons": list(verdict.reasons),
                }
                for verdict in found.verdicts
            ],
        }
        return json.dumps(document, indent=2) + "\n"
    rows = [
        (
            v.version,
            v.phase.label,
            v.other or "-",
            v.sdk or "-",
            v.reasons[0] if v.reasons else "",
        )
        for v in found.verdicts
    ]
    together = sum(bool(verdict.other) for verdict in found.verdicts)
    lines = [
        f"{first.text} with {second.text} for {found.target.label}",
        "",
        *columns(
            (first.name.upper(), "PHASE", second.name.upper(), "SDK", "WHY NOT"), rows, screen
        ),
        "",
        f"{len(found.verdicts)} versions of {first.name}, {together} work with {second.name}",
    ]
    return "\n".join(lines) + "\n"
