"""What takes a package's place: followed to what is there on the day, and only for the family."""

from __future__ import annotations

import json
from datetime import date

import pytest
from conftest import Run

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.successors import find_advice, find_current_name, find_successor

# package, day, instance family, what takes its place, the last release that ships that
SUCCESSORS = [
    # Renamed twice: release manifests 2.9.1 and 2.10.0 have -hooks and -hook.
    ("aws-neuron-runtime-base", "2026-08-20", None, "aws-neuronx-oci-hook", ""),
    ("aws-neuron-runtime-base", "2026-08-20", "trn2", "aws-neuronx-oci-hook", ""),
    ("aws-neuron-runtime-base", "2023-03-01", None, "aws-neuronx-oci-hooks", ""),
    ("aws-neuronx-oci-hooks", "2026-08-20", None, "aws-neuronx-oci-hook", ""),
    # Nothing is for Inf1 in their place: the release manifest lists those for Trn and Inf2.
    ("torch-neuron", "2026-08-20", "inf1", None, ""),
    ("torch-neuron", "2026-08-20", None, None, ""),
    ("neuron-cc", "2026-08-20", "inf1", None, ""),
    ("neuron-cc", "2026-08-20", "trn2", "neuronx-cc", ""),
    # In maintenance, so supported, although no longer in the newest release.
    ("transformers-neuronx", "2026-08-20", "inf2", "neuronx-distributed-inference", "2.31.1"),
    # vllm-neuron is listed for Trn2 and Trn3.
    ("neuronx-distributed-inference", "2026-08-20", "trn2", "vllm-neuron", ""),
    ("neuronx-distributed-inference", "2026-08-20", "inf2", None, ""),
    # A successor is none before it is there.
    ("transformers-neuronx", "2024-07-03", None, None, ""),
    # A title of documents is no package.
    ("neuronx-distributed", "2026-08-20", None, None, ""),
    # For Trn2 and Trn3: release-notes/components/torchneuron.html, 2.33.0.  Inf2 and Trn1 stay
    # on 2.9, in maintenance: announce-maintenance-pytorch-xla-inference.rst.
    ("torch-neuronx", "2026-08-20", "trn2", "TorchNeuron", ""),
    ("torch-neuronx", "2026-08-20", None, "TorchNeuron", ""),
    ("torch-neuronx", "2026-08-20", "trn1", None, ""),
    ("torch-neuronx", "2026-08-20", "inf2", None, ""),
    ("torch-neuronx", "2026-08-20", "inf1", None, ""),
    ("neuronx-cc", "2026-08-20", None, None, ""),
    # "PyTorch NeuronX or TensorFlow NeuronX", of which none is for Inf1.
    ("mx-neuron", "2026-08-20", "inf1", None, ""),
]


@pytest.mark.parametrize(("name", "day", "family", "instead", "last"), SUCCESSORS)
def test_a_successor_is_there_on_the_day_and_for_the_family(
    name: str, day: str, family: str | None, instead: str | None, last: str, catalog: Catalog
) -> None:
    found = find_successor(catalog, name, date.fromisoformat(day), family)
    assert (found.name if found else None) == instead
    assert (found.last_sdk if found else "") == last


def test_no_successor_of_any_day_is_of_another_family(catalog: Catalog) -> None:
    spans = catalog.spans.packages
    for release in catalog.releases:
        for name, life in spans.items():
            for family in life.instances.split():
                instead = find_current_name(catalog, name, release.date, family)
                if instead in spans:
                    assert family in spans[instead].instances.split(), (name, family, release.sdk)


# package, version, day, family, what to use instead of the ended version
ADVICE = [
    # "2.6 or 2.7" were named, and have ended since.
    ("torch-neuronx", "2.5", "2025-07-01", "trn1", "torch-neuronx 2.6 or 2.7"),
    ("torch-neuronx", "2.5", "2026-08-20", "trn1", "torch-neuronx 2.9"),
    ("torch-neuronx", "2.0", "2026-08-20", "trn2", "torch-neuronx 2.9"),
    ("torch-neuron", "1.9", "2026-08-20", "inf1", "torch-neuron 1.13"),
    # The number of JAX, which no package has.
    # Every version is Beta, which is not advised.
    ("jax-neuronx", "0.7", "2026-08-20", "trn1", ""),
    ("tensorflow-neuron", "2.8", "2026-08-20", "inf1", "tensorflow-neuron 2.10"),
]


@pytest.mark.parametrize(("name", "version", "day", "family", "instead"), ADVICE)
def test_advice_is_supported_on_the_day(
    name: str, version: str, day: str, family: str, instead: str, catalog: Catalog
) -> None:
    events = [
        event
        for event in catalog.events_by_name[name]
        if event.version == version and event.replacement
    ]
    assert events
    assert find_advice(catalog, events[-1], date.fromisoformat(day), family) == instead


def test_the_reason_and_the_remedy_name_what_is_supported(run: Run) -> None:
    asked = ("--instance", "trn1", "--python", "3.11", "--as-of", "2026-08-20")
    document = json.loads(run("explain", "torch-neuronx==2.5.1.*", *asked, "--format", "json").out)
    reasons = [
        exclusion["reason"]
        for row in document["versions"]
        for exclusion in row["exclusions"]
        if exclusion["rule"] == "NP201" and row["version"].startswith("2.5")
    ]
    assert reasons
    assert all(reason.endswith("; replaced by torch-neuronx 2.9") for reason in reasons)
