"""What is installed as a CycloneDX bill of materials, with the findings on each component.

Needs the extra ``cyclonedx``.  Source: CycloneDX 1.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from neuron_pin import __version__
from neuron_pin.catalog import Catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.extras import install_command
from neuron_pin.inputs.locks.detected import DetectedPackage

from .finding import Finding
from .purl import list_identified

_NAMESPACE = UUID("6b1f5c1e-6a0f-5d0a-9c2c-7f7f0e1c9a11")


def render_cyclonedx(
    findings: Sequence[Finding],
    stated: Sequence[DetectedPackage],
    catalog: Catalog,
    made: datetime | None = None,
) -> str:
    """The document's text, JSON, of version 1.6: every exact version as a component; a finding
    is a property ``neuron-pin:NP…`` of the component that it is about, or of the whole.  The
    same content has the same serial number; ``made`` is the time that it states, none for now.

    Raises `WrongUsage` where the library is not installed.
    """
    try:
        from cyclonedx.model import Property
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output import make_outputter
        from cyclonedx.schema import OutputFormat, SchemaVersion
    except ImportError:
        raise WrongUsage("CycloneDX needs its library", hint=install_command("cyclonedx")) from None
    rows = sorted((str(s.key), s.version, s.place) for s in stated)
    content = repr(
        (rows, sorted((f.rule.identifier, f.subject, f.reason, f.place) for f in findings))
    )
    bom = Bom(serial_number=uuid5(_NAMESPACE, content))
    if made is not None:
        bom.metadata.timestamp = made
    bom.metadata.tools.components.add(
        Component(name="neuron-pin", version=__version__, type=ComponentType.APPLICATION)
    )
    by_subject: dict[str, list[Finding]] = {}
    for finding in findings:
        by_subject.setdefault(finding.subject, []).append(finding)
    for identified in list_identified(stated, catalog):
        component = Component(
            name=identified.name,
            version=identified.version,
            type=ComponentType.LIBRARY,
            purl=identified.purl,
            bom_ref=identified.purl.to_string(),
        )
        for finding in by_subject.pop(f"{identified.name} {identified.version}", []):
            component.properties.add(_property(Property, finding))
        bom.components.add(component)
    for rest in by_subject.values():
        for finding in rest:
            bom.metadata.properties.add(_property(Property, finding))
    outputter = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    return str(outputter.output_as_string(indent=2)) + "\n"


def _property(make: type, finding: Finding) -> object:
    value = f"{finding.severity.value}: {finding.subject}: {finding.reason} ({finding.place})"
    found: object = make(name=f"neuron-pin:{finding.rule.identifier}", value=value)
    return found
