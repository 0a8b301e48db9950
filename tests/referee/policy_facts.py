"""What the vendor's pages say, as the referee reads it; nothing of neuron_pin is imported.

The releases come from the manifest.  Dates, announcements and Beta statements come from
fixtures/referee/facts.json, which a person read from the pages, independently of the catalog;
``missing_from_pages`` compares the list with the pages.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

FACTS = Path(__file__).parent.parent.parent / "fixtures" / "referee" / "facts.json"
SYSTEM_PACKAGES = ("aws-neuron", "neuronx-gpsimd", "tensorflow-model-server")
"""How names of what is not a wheel begin; the manifest's package_type is not reliable."""
WHEEL = "aws-neuronx-runtime-discovery"
LEFT_OUT = frozenset({"libnrt-so", "efa-installer", "islpy", "torch-xla"})
"""Two of type "na", and two that are not Neuron's: their versions are those that an index has."""
EXTENSIONS = frozenset({
    "torch-neuron", "torch-neuronx", "tensorflow-neuron", "tensorflow-neuronx", "mx-neuron",
    "mxnet-neuron", "jax-neuronx", "libtorch-neuronx-lite", "vllm-neuron",
    "tensorflow-model-server-neuron", "tensorflow-model-server-neuronx",
})  # fmt: skip
"""Extension components: their versions begin with that of a framework."""


def normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def release_order(sdk: str) -> tuple[int, ...]:
    return tuple(int(part) for part in sdk.split("."))


def is_system(package: str) -> bool:
    return package.startswith(SYSTEM_PACKAGES) and package != WHEEL


def framework_of(package: str, version: str) -> str | None:
    """X.Y of an extension component; None for others."""
    return ".".join(version.split(".")[:2]) if package in EXTENSIONS else None


def parsed(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None


@dataclass(frozen=True)
class Row:
    """One line of a release in the manifest, or what a recipe of the vendor's installed with it."""

    sdk: str
    package: str
    version: str
    instances: frozenset[str]
    pythons: frozenset[str]
    since: date
    """The day of the release, or of a patch that a release has got later."""


@dataclass(frozen=True)
class Event:
    """An announcement about a package, or about versions of it."""

    package: str
    version: str
    phase: str
    announced: date
    effective: date | None
    """None if the announcement names neither a release nor a day."""
    instances: frozenset[str]
    source: str

    def applies(self, package: str, version: str, instance: str) -> bool:
        if package != self.package or (self.instances and instance not in self.instances):
            return False
        return not self.version or (version + ".").startswith(self.version + ".")


@dataclass(frozen=True)
class TargetEnd:
    """The day from which a Python or an operating system is not supported."""

    kind: str
    name: str
    announced: date
    effective: date
    source: str
    but: frozenset[str]


@dataclass(frozen=True)
class Facts:
    rows: tuple[Row, ...]
    dates: dict[str, date]
    events: tuple[Event, ...]
    beta: tuple[dict[str, Any], ...]
    ends: tuple[TargetEnd, ...]
    systems: dict[str, str]
    required: tuple[dict[str, Any], ...]
    facts_of: date
    raw: dict[str, Any] = field(repr=False)

    @cached_property
    def releases(self) -> tuple[str, ...]:
        """Releases with members, newest first."""
        return tuple(sorted({row.sdk for row in self.rows}, key=release_order, reverse=True))

    @cached_property
    def by_package(self) -> dict[str, tuple[Row, ...]]:
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.package, []).append(row)
        return {name: tuple(rows) for name, rows in found.items()}

    def first_release(self, package: str, version: str) -> str:
        """The oldest release that ships the version."""
        return min(
            (row.sdk for row in self.by_package[package] if row.version == version),
            key=release_order,
        )


def read_facts(manifest: Path, facts: Path = FACTS) -> Facts:
    """Both files, as one value.

    Raises:
        KeyError: if a release of the manifest has no date, or an event names an unknown release.
    """
    raw = json.loads(facts.read_text())
    dates = {sdk: date.fromisoformat(day) for sdk, day in raw["releases"].items()}
    dates["1.16.0"] = date(2021, 10, 27)  # the one release of 1.x that an event names
    rows = []
    for release in json.loads(manifest.read_text())["neuron_releases"]:
        assert dates[release["neuron_version"]]
        for member in release["packages"]:
            if normalize(member["name"]) in LEFT_OUT:
                continue
            # "inf." is a cut "inf2", "3.7," has a comma too many, trn1n is trn1.
            instances = {
                "inf2" if name == "inf." else name for name in member["supported_instances"]
            }
            if "trn1" in instances:
                instances.add("trn1n")
            pythons = {python.strip(", ") for python in member["supported_python_versions"]}
            rows.append(Row(
                release["neuron_version"], normalize(member["name"]), member["version"],
                frozenset(instances), frozenset(pythons), dates[release["neuron_version"]],
            ))  # fmt: skip
    for recipe in raw["recipes"]:
        families = frozenset(recipe["instances"]) | (
            {"trn1n"} if "trn1" in recipe["instances"] else set()
        )
        rows += [
            Row(
                sdk, recipe["package"], recipe["version"], families, frozenset(recipe["pythons"]),
                date.fromisoformat(recipe["since"]) if "since" in recipe else dates[sdk],
            )
            for sdk in recipe["releases"]
        ]  # fmt: skip
    required = tuple(raw["required"])
    events = tuple(
        Event(
            row["package"], row["version"], row["phase"], date.fromisoformat(row["announced"]),
            dates[row["sdk"]] if row["sdk"] else None,
            frozenset(row.get("instances", ())) | ({"trn1n"} if "trn1" in row.get("instances", ()) else set()),
            row["source"],
        )
        for row in raw["events"]
    )  # fmt: skip
    ends = tuple(
        TargetEnd(
            row["kind"], row["name"], date.fromisoformat(row["announced"]), dates[row["sdk"]],
            row["source"], frozenset(row.get("but", ())),
        )
        for row in raw["targets"]
    )  # fmt: skip
    return Facts(
        tuple(with_required(rows, required)), dates, events, tuple(raw["beta"]), ends,
        {row["os"]: row["sdk"] for row in raw["systems"]}, required,
        date.fromisoformat(raw["facts_of"]), raw,
    )  # fmt: skip


def with_required(rows: list[Row], required: tuple[dict[str, Any], ...]) -> list[Row]:
    """What a listed package requires is for that family, whatever its own line says."""
    found = []
    for row in rows:
        for rule in required:
            if row.package == rule["package"]:
                families = [
                    other.instances
                    for other in rows
                    if other.sdk == row.sdk and other.package in rule["by"]
                ]
                row = Row(
                    row.sdk,
                    row.package,
                    row.version,
                    row.instances.union(*families),
                    row.pythons,
                    row.since,
                )
        found.append(row)
    return found


def find_page(pages: Path, source: str) -> Path:
    """The page of a source: in the vendor's repository some folders are below about-neuron."""
    tried = [pages / source, pages / "about-neuron" / source]
    tried += [pages / "about-neuron" / source.rpartition("/")[2]]
    return next((path for path in tried if path.exists()), tried[0])


def missing_from_pages(facts: Facts, pages: Path) -> list[str]:
    """What the list says and its page does not: the day of the post, the release, quoted words."""
    problems = []
    for row in (*facts.raw["events"], *facts.raw["targets"]):
        text = find_page(pages, row["source"]).read_text()
        posted = re.findall(r"^\.\. post:: *([A-Za-z]+)\.? (\d+), *(\d{4})", text, re.MULTILINE)
        days = {
            datetime.strptime(f"{month[:3]} {day} {year}", "%b %d %Y").date().isoformat()
            for month, day, year in posted
        }
        days |= {
            f"{year}-{month}-{day}"
            for month, day, year in re.findall(r"^(\d\d)/(\d\d)/(\d{4}) - ", text, re.MULTILINE)
        }
        if row["source"].startswith("announcements/") and row["announced"] not in days:
            problems.append(f"{row['source']}: posted {sorted(days)}, not {row['announced']}")
        if row["sdk"] is None:
            continue
        minor = ".".join(row["sdk"].split(".")[:2])
        before = sorted(
            {".".join(sdk.split(".")[:2]) for sdk in facts.dates if release_order(sdk) < release_order(row["sdk"])},
            key=release_order,
        )[-1:]  # fmt: skip
        if not re.search(
            "|".join(rf"(?<![\d.]){re.escape(each)}(?!\d)" for each in (minor, *before)), text
        ):
            problems.append(f"{row['source']}: names neither {minor} nor the release before it")
    for row in facts.beta:
        if row["source"].startswith("archive/"):
            continue  # not among the pages that are read
        if row["words"].lower() not in find_page(pages, row["source"]).read_text().lower():
            problems.append(f"{row['source']}: does not say {row['words']!r}")
    texts = "".join(
        path.read_text()
        for folder in ("release-notes", "release-content")
        for path in sorted((pages / folder).rglob("*.rst"))
    )
    for sdk, day in facts.raw["releases"].items():
        us = "{1}/{2}/{0}".format(*day.split("-"))
        short = f"{int(us[:2])}/{int(us[3:5])}/{us[6:]}"
        words = f"{datetime.fromisoformat(day):%B} {int(day[8:])}, {day[:4]}"
        name = sdk[:-2] if sdk.endswith(".0") else sdk
        if not re.search(
            rf"{re.escape(name)}(\.0)?\D[^\n]*({us}|{short})|({us}|{short}|{words})[^\n]*\n?[^\n]*{re.escape(name)}"
            rf"|{re.escape(name)}[^\n]*\n(?:[^\n]*\n){{0,6}}[^\n]*({us}|{short}|{words})",
            texts,
        ):
            problems.append(f"no page dates {sdk} {day}")
    return problems
