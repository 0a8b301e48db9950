"""The product agrees with the referee at 700 points drawn over days, releases and targets."""

from __future__ import annotations

import ast
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import sample

from neuron_pin import Catalog, load_catalog
from referee.asking import ask
from referee.policy_facts import Row, read_facts
from referee.policy_judge import Judge, Point, add_months
from referee.policy_points import read_answer, read_point

HERE = Path(__file__).parent
FIXTURES = HERE.parent.parent / "fixtures" / "referee"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (FIXTURES / "points.jsonl").read_text().splitlines()
]
KNOWN: list[dict[str, Any]] = json.loads((FIXTURES / "disagreements.json").read_text())
FIELDS = ("in_set", "phase", "may", "chosen", "until", "default")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def known_fields(number: int) -> set[str]:
    """The answers of a point that are known to differ."""
    return {field for each in KNOWN for field in each["points"].get(str(number), ())}


PARTS = 3


@pytest.mark.parametrize("kind", sorted({row["kind"] for row in ROWS}))
@pytest.mark.parametrize("part", sample(range(PARTS), PARTS))
def test_product_and_referee_agree(kind: str, part: int, catalog: Catalog) -> None:
    wrong = []
    for row in [row for row in ROWS if row["kind"] == kind][part::PARTS]:
        expected, given = read_answer(row), ask(read_point(row), catalog)
        different = {each for each in FIELDS if getattr(expected, each) != getattr(given, each)}
        if different != known_fields(row["id"]):
            wrong.append({
                "id": row["id"], "point": row["point"], "known": sorted(known_fields(row["id"])),
                "differs": {
                    each: (getattr(expected, each), getattr(given, each)) for each in sorted(different)
                },
            })  # fmt: skip
    assert not wrong, (
        "referee, then product; who is right is in the pages; one that stays goes into "
        f"fixtures/referee/disagreements.json: {json.dumps(wrong[:10], indent=1)}"
    )


def test_points_cover_what_they_are_drawn_for() -> None:
    points = [read_point(row) for row in ROWS]
    answers = [read_answer(row) for row in ROWS]
    assert len(set(points)) == 700
    assert {point.day.year for point in points} == {2023, 2024, 2025, 2026}
    assert {point.instance for point in points} == {"inf1", "inf2", "trn1", "trn1n", "trn2", "trn3"}
    assert {answer.phase for answer in answers} == {None, "beta", "stable", "maintenance", "eos"}
    assert len({point.sdk for point in points}) > 45
    assert len({point.package for point in points}) > 35
    assert {point.python for point in points} >= {
        "3.7",
        "3.8",
        "3.9",
        "3.10",
        "3.11",
        "3.12",
        "3.13",
    }


def test_every_known_disagreement_says_who_is_right() -> None:
    for each in KNOWN:
        assert each["right"] in ("product", "referee", "neither: the sources contradict each other")
        assert each["reason"]
        assert each["sources"]
        assert each["points"]


@pytest.mark.parametrize("path", sorted(HERE.glob("policy_*.py")), ids=lambda path: path.name)
def test_referee_imports_nothing_of_the_product(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        assert not any(name.split(".")[0] == "neuron_pin" for name in names)


# The judge itself ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The real announcements over a handful of releases."""

    def member(name: str, version: str, *instances: str) -> dict[str, object]:
        return {
            "name": name, "version": version, "supported_instances": instances or ["trn1"],
            "supported_python_versions": ["3.10"],
        }  # fmt: skip

    releases = {
        "2.10.0": [member("mxnet_neuron", "1.5.1.1.10.39.0", "inf1")],
        "2.17.0": [member("torch-neuronx", "1.13.1.1.13.1"), member("torch-neuronx", "2.1.1.2.0.1b0")],
        "2.18.0": [member("torch-neuronx", "1.13.1.1.14.0"), member("torch-neuronx", "2.1.2.2.1.0")],
        "2.28.0": [member("nki", "0.2.0"), member("torch-neuronx", "2.8.0.2.12.22436"),
                   member("torch-neuronx", "2.9.0.2.12.22436")],
        "2.29.0": [member("nki", "0.3.0"), member("torch-neuronx", "2.9.0.2.13.24727")],
        "2.32.0": [member("libneuronxla", "3.0.5356.0"), member("jax_neuronx", "0.10.0.1.0.11459", "trn2")],
    }  # fmt: skip
    manifest = tmp_path_factory.mktemp("manifest") / "manifest.json"
    manifest.write_text(json.dumps({
        "neuron_releases": [
            {"neuron_version": sdk, "packages": members} for sdk, members in releases.items()
        ]
    }))  # fmt: skip
    return Judge(read_facts(manifest))


@pytest.mark.parametrize(
    ("package", "version", "day", "phase"),
    [
        ("mxnet-neuron", "1.5.1.1.10.39.0", "2023-06-13", "maintenance"),
        ("mxnet-neuron", "1.5.1.1.10.39.0", "2023-06-14", "eos"),
        ("mxnet-neuron", "1.5.1.1.10.39.0", "2024-07-10", "eos"),
        ("torch-neuronx", "2.1.1.2.0.1b0", "2024-06-01", "beta"),
        ("torch-neuronx", "2.1.1.2.0.1b0", "2025-04-03", "eos"),
        ("torch-neuronx", "2.8.0.2.12.22436", "2026-04-08", "stable"),
        ("torch-neuronx", "2.8.0.2.12.22436", "2026-04-09", "eos"),
        ("nki", "0.2.0", "2026-05-25", "beta"),
        ("nki", "0.3.0", "2026-05-25", "stable"),
        ("nki", "0.3.0", "2026-04-08", None),
    ],
)
def test_phases(judge: Judge, package: str, version: str, day: str, phase: str | None) -> None:
    instance = "inf1" if package == "mxnet-neuron" else "trn1"
    assert judge.phase(package, version, instance, date.fromisoformat(day)) == phase


@pytest.mark.parametrize(
    ("sdk", "package", "day", "phases", "chosen"),
    [
        ("2.17.0", "torch-neuronx", "2024-03-01", (), ("2.17.0", "1.13.1.1.13.1")),
        ("2.17.0", "torch-neuronx", "2025-06-01", ("eos",), ("2.17.0", "1.13.1.1.13.1")),
        ("2.17.0", "torch-neuronx", "2025-06-01", (), None),
        (None, "torch-neuronx", "2026-03-01", (), ("2.28.0", "2.9.0.2.12.22436")),
        (None, "nki", "2026-03-01", (), None),
        (None, "nki", "2026-03-01", ("beta",), ("2.28.0", "0.2.0")),
    ],
)
def test_default_lock(
    judge: Judge, sdk: str | None, package: str, day: str, phases: tuple[str, ...],
    chosen: tuple[str, str] | None,
) -> None:  # fmt: skip
    point = Point(date.fromisoformat(day), sdk, package, "", "trn1", "ubuntu22.04", "3.10", phases)
    assert judge.choose(point) == chosen


def test_promises(judge: Judge) -> None:
    def until(version: str, day: str) -> str | None:
        point = Point(
            date.fromisoformat(day),
            None,
            "torch-neuronx",
            version,
            "trn1",
            "ubuntu22.04",
            "3.10",
            (),
        )
        return judge.answer(point).until

    assert until("1.13.1.1.14.0", "2024-09-15") == "2024-09-15"  # no edition promised more
    assert until("1.13.1.1.14.0", "2024-10-20") == "2024-11-20"  # a month of notice
    assert until("2.1.2.2.1.0", "2025-01-10") == "2025-04-02"  # announced
    assert until("2.8.0.2.12.22436", "2026-02-26") == "2026-04-08"
    assert until("2.9.0.2.12.22436", "2026-11-28") == "2026-09-21"  # a month after the facts
    assert until("2.1.1.2.0.1b0", "2024-10-20") is None  # Beta
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)


def test_a_package_that_a_listed_one_requires_is_for_its_family(judge: Judge) -> None:
    rows: dict[str, tuple[Row, ...]] = judge.facts.by_package
    (row,) = rows["libneuronxla"]
    assert row.instances == {"trn1", "trn1n", "trn2"}


def test_the_facts_name_known_releases_and_days() -> None:
    facts = json.loads((FIXTURES / "facts.json").read_text())
    days = {*facts["releases"]} | {"1.16.0", None}
    assert {row["sdk"] for row in facts["events"] + facts["targets"]} <= days
