"""Model classes checked against what the policy ties them to: a component and a workload.

Source: maintenance policy, "Neuron Model Classes".
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.model_classes import FILE, read_model_classes
from neuron_pin.policy import WORKLOADS, Event, Phase, Rule, SubjectKind, edition_at

from .finding import Finding, Severity


def lint_model_classes(catalog: Catalog, events: Sequence[Event] | None) -> Iterator[Finding]:
    """NP708 and NP702: model classes without a known component, a workload, a source, a release
    that there is, a day that is its, or with a phase that the policy does not have for them.

    ``events`` are new ones, none for those of the catalog.  Releases, days and phases of what was
    announced are checked with all announcements.
    """
    components = set(catalog.packages)
    components |= {e.name for e in catalog.events if e.kind is SubjectKind.COMPONENT}
    path = os.path.join(catalog.folder, FILE)
    for event in read_model_classes(catalog) if events is None else events:
        label = event.subject.label
        for problem in _problems(event, components, catalog):
            reason = f"{problem} [{event.source}]"
            yield Finding(Rule.BAD_FACT, Severity.ERROR, label, reason, path, "")
        if events is not None or event in catalog.events:
            continue
        for problem in _dates(event, catalog):
            reason = f"{problem} [{event.source}]"
            yield Finding(Rule.BAD_FACT, Severity.ERROR, label, reason, path, "")
        edition = edition_at(event.announced)
        phase = event.phase
        # The text before September 2024 says nothing of model classes.
        allowed = edition.phases_of.get(SubjectKind.MODEL_CLASS, frozenset(Phase))
        if phase is None or phase not in allowed:
            stated = phase.label if phase is not None else "no phase"
            reason = f"{stated} for a model class, which edition {edition.name} of the policy "
            reason += f"does not have [{event.source}]"
            yield Finding(Rule.PHASE_OF_KIND, Severity.ERROR, label, reason, path, "")


def _problems(event: Event, components: set[str], catalog: Catalog) -> Iterator[str]:
    if event.kind is not SubjectKind.MODEL_CLASS:
        if event.component or event.workload:
            yield "has a component or a workload, and is no model class"
        return
    if event.component not in components:
        yield f"belongs to {event.component or 'no component'}, which is unknown"
    if event.workload not in WORKLOADS:
        yield f"is for {event.workload or 'nothing'}, and not for {' or '.join(WORKLOADS)}"
    if not event.source.strip():
        yield "has no source"


def _dates(event: Event, catalog: Catalog) -> Iterator[str]:
    if event.sdk and event.effective is not None:
        released = catalog.dates.get(event.sdk)
        if released is None:
            yield f"takes effect with {event.sdk}, which is not a release"
        elif released != event.effective:
            yield f"takes effect on {event.effective}, and {event.sdk} is of {released}"
