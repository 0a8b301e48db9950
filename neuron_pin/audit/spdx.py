"""What is installed as an SPDX document, with the findings as annotations.

Needs the extra ``spdx``, for package URLs.  Source: SPDX 2.3 (ISO/IEC 5962 and later), its JSON
form.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from neuron_pin import __version__
from neuron_pin.catalog import Catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.extras import install_command
from neuron_pin.inputs.locks.detected import DetectedPackage

from .finding import Finding
from .purl import Identified, list_identified

TOOL = f"Tool: neuron-pin-{__version__}"
_UNKNOWN = "NOASSERTION"


def render_spdx(
    findings: Sequence[Finding],
    stated: Sequence[DetectedPackage],
    catalog: Catalog,
    made: datetime | None = None,
) -> str:
    """The document's text, JSON, of version 2.3: every exact version as a package; a finding is an
    annotation of the package that it is about, or of the whole.  The same content has the same
    namespace; ``made`` is the time that it states, none for now.

    Raises `WrongUsage` where the library of package URLs is not installed.
    """
    try:
        identified = list_identified(stated, catalog)
    except ImportError:
        raise WrongUsage("SPDX needs a library", hint=install_command("spdx")) from None
    created = (made or datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H:%M:%SZ")
    by_subject: dict[str, list[Finding]] = {}
    for finding in findings:
        by_subject.setdefault(finding.subject, []).append(finding)
    packages = []
    for each in identified:
        about = by_subject.pop(f"{each.name} {each.version}", [])
        packages.append(_package(each, _annotations(about, created)))
    rest = [finding for group in by_subject.values() for finding in group]
    document: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "neuron-pin",
        "creationInfo": {"created": created, "creators": [TOOL]},
        "packages": packages,
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": package["SPDXID"],
            }
            for package in packages
        ],
    }
    if rest:
        document["annotations"] = _annotations(rest, created)
    content = re.sub(re.escape(created), "", json.dumps(document, sort_keys=True))
    digest = hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()
    document["documentNamespace"] = f"https://spdx.org/spdxdocs/neuron-pin-{digest}"
    return json.dumps(document, indent=2) + "\n"


def _package(each: Identified, annotations: list[dict[str, str]]) -> dict[str, Any]:
    purl = each.purl.to_string()
    package: dict[str, Any] = {
        "SPDXID": f"SPDXRef-{hashlib.sha256(purl.encode()).hexdigest()[:32]}",
        "name": each.name,
        "versionInfo": each.version,
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": _UNKNOWN,
        "copyrightText": _UNKNOWN,
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": purl,
            }
        ],
    }
    if annotations:
        package["annotations"] = annotations
    return package


def _annotations(findings: Sequence[Finding], created: str) -> list[dict[str, str]]:
    return [
        {
            "annotationDate": created,
            "annotationType": "REVIEW",
            "annotator": TOOL,
            "comment": f"{f.rule.identifier} {f.severity.value}: {f.subject}: {f.reason} "
            f"({f.place})",
        }
        for f in findings
    ]
