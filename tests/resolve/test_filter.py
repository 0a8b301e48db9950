"""Each rule that excludes a candidate: what it excludes and what not, and by which source."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import pytest

from neuron_pin.catalog import Catalog, Member, OperatingSystem, Release
from neuron_pin.policy import Ecosystem, Event, PackageKey, Phase, Rule, SubjectKind
from neuron_pin.resolve.rules import RULES, Context, all_exclusions, first_exclusion
from neuron_pin.sources.candidate import Candidate
from neuron_pin.target import Scope, Target, make_target

INDEX = "https://index.invalid/simple/"
DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def target(catalog: Catalog) -> Target:
    return make_target(
        catalog, instance="trn1", system="ubuntu22.04", python="3.11", as_of=DAY, this_python="3.11"
    )


def release(catalog: Catalog, sdk: str = "2.28.0") -> Release:
    return next(known for known in catalog.releases if known.sdk == sdk)


def member(name: str, version: str, instances=("trn1",), pythons=("3.11",)) -> Member:
    return Member(name, version, frozenset(instances), frozenset(pythons))


def pip(name: str, version: str = "1.0", **changes) -> Candidate:
    return Candidate(PackageKey(Ecosystem.PIP, name), version, INDEX, **changes)


def apt(name: str, version: str = "2.30.0.0", **changes) -> Candidate:
    return Candidate(PackageKey(Ecosystem.APT, name), version, INDEX, **changes)


LISTED = "release manifest, 2.28.0"
TOOLS, DRIVER = "aws-neuronx-tools", "aws-neuronx-dkms"

# candidate, what the target has else, rule, source
EXCLUDED: dict[str, tuple[Candidate, dict[str, Any], Rule, str]] = {
    "no package": (
        pip("libnrt.so", member=member("libnrt.so", "1.0")), {}, Rule.NOT_A_PACKAGE, LISTED),
    "no version": (pip("neuronx-cc", "", member=member("neuronx-cc", "")), {}, Rule.NO_VERSION, LISTED),
    "instance": (
        pip("neuronx-cc", member=member("neuronx-cc", "1.0", ("trn2", "inf2"))), {}, Rule.INSTANCE, LISTED),
    "no instance at all": (
        pip("neuronx-cc", member=member("neuronx-cc", "1.0", ())), {}, Rule.INSTANCE, LISTED),
    "python": (
        pip("neuronx-cc", member=member("neuronx-cc", "1.0", pythons=("3.9", "3.10"))), {}, Rule.PYTHON, LISTED),
    "scope": (
        apt(DRIVER, "2.24.7.0"), {"scope": Scope.CONTAINER}, Rule.SCOPE,
        "container recipes of 2.17.0 to 2.32.0: none installs a driver, a module of the host's kernel"),
    "scope of the hook": (
        apt("aws-neuronx-oci-hook"), {"scope": Scope.CONTAINER}, Rule.SCOPE,
        "deploy/tutorials/oci-hook.rst: to be installed on the Linux host, not inside the container"),
    "scope host": (
        pip("nki", "0.6.0"), {"scope": Scope.HOST}, Rule.SCOPE, "the vendor's container recipes"),
    "driver": (apt(DRIVER, "2.24.7.0"), {"driver": "2.26.5.0"}, Rule.DRIVER_KEPT, "--with-driver"),
    "C library": (apt(TOOLS, c_library="2.39"), {}, Rule.C_LIBRARY, INDEX),
    "uploaded later": (
        pip("tool", uploaded="2026-03-02T00:00:00Z"), {}, Rule.NOT_RELEASED_YET, f"index {INDEX}"),
    "no wheel": (pip("tool", has_wheel=False, fits=False), {}, Rule.NO_WHEEL, f"index {INDEX}"),
    "platform": (pip("tool", fits=False), {}, Rule.PLATFORM, f"index {INDEX}"),
    "requires python": (
        pip("tool", requires_python=">=3.12"), {}, Rule.REQUIRES_PYTHON, f"index {INDEX}"),
    "yanked": (pip("tool", yanked=""), {}, Rule.YANKED, f"index {INDEX}"),
    "yanked for a reason": (pip("tool", yanked="broken"), {}, Rule.YANKED, f"index {INDEX}"),
    "pre-release": (pip("tool", "1.0rc1", prerelease=True), {}, Rule.PRE_RELEASE, f"index {INDEX}"),
    "pre-release by its version": (
        pip("neuronx-cc", "2.0rc1", member=member("neuronx-cc", "2.0rc1")), {}, Rule.PRE_RELEASE, "version"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["tool", "torch", "neuronx-cc"])
def test_what_the_facts_do_not_have_is_judged_as_by_all_rules(
    catalog: Catalog, target: Target, name: str
) -> None:
    """Third-party packages are asked fewer rules: those that can exclude them at all."""
    context = Context(catalog, target._replace(scope=Scope.HOST), release(catalog))
    others: list[dict[str, Any]] = [
        {}, {"fits": False}, {"has_wheel": False, "fits": False}, {"yanked": ""},
        {"is_sdist": True, "fits": False}, {"prerelease": True}, {"public": True},
        {"requires_python": ">=3.12"}, {"uploaded": "2026-03-02T00:00:00Z", "yanked": ""},
        {"requires_python": ">=3.8"}, {"uploaded": "2026-03-02T00:00:00Z"}, {"has_wheel": False},
    ]  # fmt: skip
    versions = ("1.0", "2.1.3rc1", "2.2.0.post1", "1.2.2b3.0", "1!2.0+cpu", "weird")
    for version, changes in itertools.product(versions, others):
        candidate = pip(name, version, **changes)
        assert first_exclusion(candidate, context) == first_exclusion(candidate, context, RULES)


@pytest.mark.parametrize("case", EXCLUDED)
def test_which_rule_excludes_a_candidate(catalog: Catalog, target: Target, case: str) -> None:
    candidate, changes, rule, source = EXCLUDED[case]
    context = Context(catalog, target._replace(**changes), release(catalog))
    found = first_exclusion(candidate, context)
    assert found is not None
    assert (found.key, found.version) == (candidate.key, candidate.version)
    assert (found.rule, found.source) == (rule, source)
    assert found.reason
    if candidate.version:
        assert found in all_exclusions(candidate, context)
    assert first_exclusion(candidate, context, rules=()) is None


# What keeps to each of these.
TAKEN = {
    "another name": pip("tool"),
    "a member": pip("neuronx-cc", member=member("neuronx-cc", "1.0")),
    "a member for every Python": pip("neuronx-cc", member=member("neuronx-cc", "1.0", pythons=())),
    "a source distribution that can be read": pip(
        "tool", has_wheel=False, fits=False, is_sdist=True
    ),
    "Python": pip("tool", requires_python=">=3.11"),
    "uploaded on the day": pip("tool", uploaded="2026-03-01T23:00:00Z"),
    "the C library": apt(TOOLS, c_library="2.35"),
}


@pytest.mark.parametrize("case", TAKEN)
def test_what_no_rule_speaks_against(catalog: Catalog, target: Target, case: str) -> None:
    assert all_exclusions(TAKEN[case], Context(catalog, target, release(catalog))) == []


def test_without_a_release_its_manifest_is_the_source(catalog: Catalog, target: Target) -> None:
    found = first_exclusion(
        pip("neuronx-cc", "", member=member("neuronx-cc", "")), Context(catalog, target)
    )
    assert found is not None
    assert found.source == "release manifest"


def test_the_driver_that_the_host_keeps_may_be_told_by_its_beginning(
    catalog: Catalog, target: Target
) -> None:
    context = Context(catalog, target._replace(driver="2.24"), release(catalog))
    assert first_exclusion(apt(DRIVER, "2.24.7.0"), context) is None
    assert first_exclusion(apt(TOOLS), context) is None


def system(**changes) -> OperatingSystem:
    made = OperatingSystem(
        "some22",
        Ecosystem.APT,
        "some",
        "2.35",
        "3.10",
        "",
        "",
        frozenset(),
        frozenset(),
        (),
        "a page",
    )
    return made._replace(**changes)


SUPPORTED = [
    ({"first_sdk": "2.28.0"}, ""),
    ({"first_sdk": "2.28.1"}, "some22 is supported from SDK 2.28.1 on"),
    ({"first_sdk_without": "2.28.1"}, ""),
    ({"first_sdk_without": "2.28.0"}, "some22 is no longer supported from SDK 2.28.0 on"),
    ({"first_sdk_without": "2.28.0", "excepted": frozenset({TOOLS})}, ""),
    ({"only": frozenset({TOOLS})}, ""),
    ({"only": frozenset({"b", "a"})}, "on some22 only a, b is supported"),
    ({"only": frozenset({"a"}), "ecosystem": Ecosystem.RPM}, ""),
]


@pytest.mark.parametrize(("changes", "reason"), SUPPORTED)
def test_an_operating_system_bounds_releases(
    catalog: Catalog, target: Target, changes: dict, reason: str
) -> None:
    context = Context(catalog, target._replace(os=system(**changes)), release(catalog))
    found = first_exclusion(apt(TOOLS), context)
    assert (found.reason if found else "") == reason
    if found is not None:
        assert (found.rule, found.source) == (Rule.OPERATING_SYSTEM, "a page")
    # What is out of support may be taken at one's own discretion; what never was may not.
    everything = context._replace(target=context.target._replace(phases=frozenset(Phase)))
    assert (first_exclusion(apt(TOOLS), everything) is None) is (
        "no longer" in reason or not reason
    )
    # Without a release nothing of it is known.
    assert first_exclusion(apt(TOOLS), context._replace(release=None)) is None
    assert first_exclusion(apt("other"), context) is None


class Told(Catalog):
    """The embedded catalog with other events."""

    events_by_name: dict = {}  # noqa: RUF012


def event(**changes) -> Event:
    made = Event(
        SubjectKind.COMPONENT, "neuronx-cc", "", Phase.EOS, date(2026, 1, 1), date(2026, 2, 1),
        "2.27.0", frozenset(), "", "a page",
    )  # fmt: skip
    return made._replace(**changes)


SAID = [
    (event(), Rule.END_OF_SUPPORT, "neuronx-cc has been out of support since 2026-02-01 (SDK 2.27.0)"),
    (event(sdk=""), Rule.END_OF_SUPPORT, "neuronx-cc has been out of support since 2026-02-01"),
    (event(version="1.0", sdk=""), Rule.END_OF_SUPPORT,
     "neuronx-cc 1.0 has been out of support since 2026-02-01"),
    (event(replacement="other"), Rule.END_OF_SUPPORT,
     "neuronx-cc has been out of support since 2026-02-01 (SDK 2.27.0); replaced by other"),
    (event(phase=Phase.BETA), Rule.PRE_RELEASE, "neuronx-cc has been beta since 2026-02-01 (SDK 2.27.0)"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "rule", "reason"), SAID)
def test_what_was_announced_is_said_with_its_day(
    catalog: Catalog, target: Target, told: Event, rule: Rule, reason: str
) -> None:
    known = Told(catalog.folder)
    known.events_by_name = {"neuronx-cc": (told,)}
    found = first_exclusion(
        pip("neuronx-cc", "1.0+local"), Context(known, target, release(catalog))
    )
    assert found is not None
    assert (found.rule, found.reason, found.source) == (rule, reason, "a page")
    allowed = target._replace(phases=frozenset(Phase))
    assert first_exclusion(pip("neuronx-cc"), Context(known, allowed, release(catalog))) is None


def test_names_of_neurons_come_from_its_own_places(catalog: Catalog, target: Target) -> None:
    context = Context(catalog, target, release(catalog))
    for made, kind in ((pip, "index"), (apt, "repository")):
        name = "neuronx-cc" if made is pip else TOOLS
        found = first_exclusion(made(name, public=True), context)
        assert found is not None
        assert found.rule is Rule.UNTRUSTED_INDEX
        assert (
            found.reason
            == f"{name} is trusted only from AWS's Neuron {kind}, and this is from {INDEX}"
        )
        ecosystem = Ecosystem.PIP if made is pip else Ecosystem.APT
        assert found.source == f"{kind} {catalog.repositories.of(ecosystem)}"
    assert first_exclusion(pip("tool", public=True), context) is None


def test_what_the_host_runs_bounds_its_driver(catalog: Catalog, target: Target) -> None:
    floor = next(f for f in catalog.kernel_floors if f.package == DRIVER)
    version = floor.versions.first or "2.24.7.0"
    place = system(name=floor.os)
    old, new = "1.0.0-1-aws", f"{floor.kernel}.0-1-aws"
    context = Context(catalog, target._replace(kernel=old, os=place), release(catalog))
    found = first_exclusion(apt(DRIVER, version), context)
    assert found is not None
    assert (found.rule, found.source) == (Rule.KERNEL, floor.source)
    assert found.reason == f"needs kernel {floor.kernel} on {floor.os}, the host runs {old}"
    newer = context._replace(target=context.target._replace(kernel=new))
    for candidate, where in (
        (apt(TOOLS), context),
        (apt(DRIVER, version), newer),
        (apt(DRIVER, version), context._replace(target=target._replace(kernel=old, os=None))),
        (apt(DRIVER, version), context._replace(target=target._replace(os=place))),
    ):
        assert first_exclusion(candidate, where) is None
