"""Versions that are newer than the facts: served as they are, and said so everywhere."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import jsonschema
import pytest
from proxy_world import HTML, Reply, Running, filename, put_neuron, put_public

NAME = "neuronx-cc"
KNOWN, NEWER, MARKED = "2.24.5133.0+58f8de22", "2.99.1.0+f00dface", "2.99.2.0rc1"
BETWEEN = "2.24.9999.0"
FACTS = "2026-08-21"
SCHEMA = Path(__file__).parent.parent.parent / "docs/schemas/withheld.schema.json"


@pytest.fixture
def index(pair, served):
    put_neuron(pair.neuron, NAME, [(v, ()) for v in (KNOWN, BETWEEN, NEWER, MARKED)])
    put_public(pair.public, "torch", [("99.0", ())])
    return served(*pair.options)


def told(reply: Reply) -> object:
    return reply.json.get("_newer-than-facts")


def test_the_page_for_installers_names_them_and_serves_them(index: Running) -> None:
    reply = index.get(f"/simple/{NAME}/")
    assert told(reply) == {"rule": "NP510", "facts": FACTS, "versions": [NEWER, MARKED]}
    files = {row["filename"]: row for row in reply.json["files"]}
    assert "yanked" not in files[filename(NAME, NEWER)]
    assert filename(NAME, BETWEEN) in files
    assert filename(NAME, NEWER) in index.get(f"/simple/{NAME}/", HTML).text


# a path whose page has nothing newer
SILENT = [
    "/simple/torch-neuronx/",
    "/simple/torch/",
    "/simple/left-pad/",
    f"/sdk/2.29.0/simple/{NAME}/",
    f"/as-of/2026-08-01/simple/{NAME}/",
]


@pytest.mark.parametrize("path", SILENT)
def test_what_is_known_or_of_others_says_nothing(index: Running, path: str) -> None:
    assert told(index.get(path)) is None
    assert index.has_logged(path)
    assert not any("NP510" in line for line in index.lines)


def test_the_log_says_so_at_each_request(index: Running) -> None:
    told = f"NP510: 2 versions newer than the facts of {FACTS}, up to 2.99.2.0rc1"
    for agent in ("first", "second"):
        index.get(f"/simple/{NAME}/", User_Agent=agent)
        assert index.has_logged(agent)
        (line,) = [line for line in index.lines if agent in line]
        assert line.endswith(told)


def test_what_a_client_was_shown_is_kept_with_the_reasons(index: Running) -> None:
    index.get(f"/simple/{NAME}/")
    index.get("/simple/torch-neuronx/")
    document = index.get("/withheld.json").json
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["facts"] == FACTS
    rows = {row["project"]: row["newer"] for row in document["withheld"]}
    assert rows == {NAME: [NEWER, MARKED], "torch-neuronx": []}


def test_the_page_for_people_says_the_day_and_no_phase(index: Running) -> None:
    text = unescape(index.get(f"/project/{NAME}/").text)
    assert "NP510" in text
    assert f"facts of <time>{FACTS}</time>" in text
    rows = {v: row for row in text.split("<tr") for v in (KNOWN, BETWEEN, NEWER) if v in row}
    assert "unknown" in rows[NEWER]
    assert "NP510" in rows[NEWER]
    for known in (KNOWN, BETWEEN):
        assert "NP510" not in rows[known]
        assert "unknown" not in rows[known]
    assert "NP510" not in unescape(index.get("/project/torch-neuronx/").text)


@pytest.mark.parametrize(("family", "rule"), [("trn1", "NP101"), ("inf2", "NP101"),
    ("trn2", "NP202")])  # fmt: skip
def test_another_backend_is_kept_from_families_that_it_is_not_for(
    pair, served, family: str, rule: str
) -> None:
    """Native torch-neuronx is for Trn2 and Trn3, and Beta there."""
    versions = ("2.9.0.2.15.32035+de43f57c", "2.14.3.0.1+abc")
    put_neuron(pair.neuron, "torch-neuronx", [(v, ()) for v in versions])
    index = served(*pair.options)
    reply = index.get(f"/instance/{family}/simple/torch-neuronx/")
    files = {row["filename"]: row for row in reply.json["files"]}
    assert "yanked" not in files[filename("torch-neuronx", versions[0])]
    name = filename("torch-neuronx", versions[1])
    assert (name in files) is (rule != "NP101")
    assert name not in files or files[name]["yanked"].startswith(rule)
    withheld = index.get("/withheld.json").json["withheld"]
    told = {row["version"]: row["rule"] for project in withheld for row in project["versions"]}
    assert told[versions[1]] == rule
