"""The facts held against the policy."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import failure

from neuron_pin.audit import Severity
from neuron_pin.audit.catalog_lint import lint_facts
from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.errors import BrokenCatalog
from neuron_pin.policy import Rule

# rule, subject, words of the reason: what is wrong in the vendor's own publications
REAL = [
    ("NP701", "torch-neuronx 2.9", "announced 2026-06-28: 9 days"),
    ("NP703", "python 3.10", "announced 2026-05-20: 1 day"),
    ("NP703", "jax-neuronx 0.7", "announced 2026-05-20: 1 day"),
    ("NP704", "torch-neuronx 2.5", "72 days after a newer version (2025-05-20)"),
    ("NP704", "torch-neuronx 2.1", "104 days after"),
    ("NP705", "tensorboard-plugin-neuronx", "release 2.32.0 ships it"),
    ("NP705", "python 3.9", "release 2.32.0 lists it"),
    ("NP705", "aws-neuronx-k8-plugin", "in no release after 2.29.1"),
    ("NP706", "aws-neuronx-oci-hook", "2.2.22.0 of 2.14.0 is lower than 2.2.25.0 of 2.13.2"),
    ("NP706", "torch-neuron", "not of the form X.Y.Z.A.B.C, as 1.13.1.2.11.13.0"),
    ("NP707", "neuronx-distributed-training", "maintenance from 2026-05-21, after eos"),
    ("NP707", "aws-neuronx-dkms 2.21", "withdrawn on 2026-03-12"),
    ("NP707", "neuron-profiler", "eos on 2026-04-09 was moved"),
]


@pytest.fixture(scope="module")
def findings(catalog: Catalog):
    return lint_facts(catalog)


@pytest.mark.parametrize(("rule", "subject", "words"), REAL)
def test_the_real_facts(findings, rule: str, subject: str, words: str) -> None:
    found = [f.reason for f in findings if (f.rule.identifier, f.subject) == (rule, subject)]
    assert any(words in reason for reason in found), found


def test_what_keeps_to_the_policy_is_not_blamed(findings) -> None:
    blamed = {(f.rule.identifier, f.subject) for f in findings}
    for rule in ("NP701", "NP703", "NP704"):
        assert (rule, "torch-neuronx 2.7") not in blamed
        assert (rule, "tensorflow-neuronx") not in blamed
    # A family may be known before its packages are: a warning.
    errors = [f for f in findings if f.severity is Severity.ERROR]
    assert not [f for f in errors if f.rule.identifier in ("NP702", "NP708")]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EMBEDDED, tmp_path / "catalog"))


EVENT = {
    "kind": "component",
    "name": "nki",
    "phase": "eos",
    "announced": "2026-05-01",
    "effective": "2026-07-07",
    "sdk": "2.31.0",
    "source": "page.rst",
}

# changes of a good event, the rule that finds them, words of the reason
WRONG = [
    ({"kind": "feature", "phase": "rc"}, "NP702", "rc for a subject of kind feature"),
    (
        {"kind": "dlc", "phase": "maintenance"},
        "NP702",
        "which edition 2025-05 of the policy does not have",
    ),
    ({"kind": "api", "phase": "alpha", "announced": "2025-01-01"}, "NP702", "edition 2024-09"),
    ({"sdk": "2.31.7"}, "NP708", "takes effect with 2.31.7, which is not a release"),
    ({"effective": "2026-07-01"}, "NP708", "takes effect on 2026-07-01, and 2.31.0 is of"),
    ({"sdk": "2.22.9", "effective": ""}, "NP708", "which was never released"),
    ({"instances": ["trn9"]}, "NP708", "unknown instances: trn9"),
    ({"withdrawn": "no"}, "NP708", "withdrawn before it was announced, or without a date"),
    ({"announced": "2026-06-20"}, "NP701", "17 days"),
    ({"announced": "2026-07-08"}, "NP703", "-1 days"),
]


@pytest.mark.parametrize(("changes", "rule", "words"), WRONG)
def test_a_wrong_event_is_found_with_its_line(copy: Path, run, changes, rule, words) -> None:
    path = copy / "lifecycle.json"
    document = json.loads(path.read_text())
    events = [{**EVENT, **changes}, *document["events"]]
    rows = ",\n".join(json.dumps(event) for event in events)
    path.write_text('{\n"events": [\n' + rows + "\n]\n}\n")
    done = run("catalog", "lint", copy, "--format", "json")
    assert done.code == (1 if rule in ("NP702", "NP708") else 0)
    found = [f for f in json.loads(done.out)["findings"] if words in f["reason"]]
    assert [(f["rule"], f["place"]) for f in found] == [(rule, f"{path}:3")]


def test_replacements_in_a_circle_are_found(copy: Path) -> None:
    path = copy / "packages.json"
    path.write_text(path.read_text().replace('"name": "neuronx-cc", ',
                    '"name": "neuronx-cc", "replaced_by": "neuron-cc", '))  # fmt: skip
    found = lint_facts(Catalog(str(copy)))
    errors = [f for f in found if (f.rule, f.severity) == (Rule.BAD_FACT, Severity.ERROR)]
    assert {f.reason for f in errors} == {
        "replaced by itself, by way of others: neuron-cc → neuronx-cc → neuron-cc",
        "replaced by itself, by way of others: neuronx-cc → neuron-cc → neuronx-cc",
    }


# what an instance family takes the packages of, the severity
FAMILIES = [("trn8", "warning"), ("trn9", "error"), ("trn1", None)]


@pytest.mark.parametrize(("family", "severity"), FAMILIES)
def test_a_family_without_packages_is_found(copy: Path, run, family, severity) -> None:
    path = copy / "systems.json"
    path.write_text(
        path.read_text().replace('"trn3": "trn3"', f'"trn3": "trn3", "trn8": "{family}"')
    )
    done = run("catalog", "lint", copy, "--format", "json")
    assert done.code == (1 if severity == "error" else 0)
    found = [f for f in json.loads(done.out)["findings"] if f["subject"] == "trn8"]
    rows = [(f["rule"], f["severity"], f["place"]) for f in found]
    assert rows == ([("NP708", severity, str(path))] if severity else [])


def test_sarif_names_rules_places_and_levels(run) -> None:
    done = run("catalog", "lint", "--format", "sarif")
    assert done.code == 0
    document = json.loads(done.out)
    (job,) = document["runs"]
    rules = [rule["id"] for rule in job["tool"]["driver"]["rules"]]
    assert document["version"] == "2.1.0"
    assert {"NP701", "NP703", "NP704", "NP705", "NP706", "NP707"} <= set(rules)
    results = job["results"]
    assert {r["level"] for r in results} == {"warning"}
    assert {r["ruleId"] for r in results} == set(rules)
    place = next(r for r in results if r["ruleId"] == "NP701")["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].startswith("file:///")
    assert place["region"]["startLine"] > 2


def test_an_empty_catalog_is_refused(run, tmp_path: Path) -> None:
    done = run("catalog", "lint", tmp_path)
    assert failure(done, BrokenCatalog).path.endswith("catalog.json")
