"""What the title of an announcement is about: frameworks, components, systems, images."""

from __future__ import annotations

import re
from collections.abc import Iterable

from neuron_pin.catalog.catalog import Catalog
from neuron_pin.catalog.facts import FrameworkRole
from neuron_pin.catalog.names import SubjectName
from neuron_pin.policy import Subject, SubjectKind

_VERSIONS = (
    r" *(?:NeuronX |Neuron )?(?:versions? )?"
    r"((?:<= ?)?\d+(?:\.(?:\d+|x))*(?:(?:,| and|, and) \d+(?:\.\d+)*)*)"
)
_MARKED = re.compile(rf"{_VERSIONS}[a-z0-9+-]*[a-z][\w.+-]*", re.I)
"""Versions of which the last one has a mark, as ``2.8 and 2.9rc1``."""
_JOINS = re.compile(r"(?:\s|,|and|\(beta\)|\(al2\))*", re.I)
_WHOLE_FRAMEWORKS = ("mxnet", "tensorflow for inferentia2")


def find_title_subjects(title: str, catalog: Catalog) -> tuple[list[Subject], str]:
    """What a title is about, and what of it was passed over.

    The first name that it holds counts, with its versions, and names that follow with no more
    than an "and" between; names further on tell where the subject belongs.
    """
    # What stands behind "starting" is the release, not the subject.
    plain = re.split(r"(?i)\bstart(?:s|ing)\b", title.replace("`", ""))[0]
    names = [*catalog.names, *_package_names(catalog)]
    found: list[Subject] = []
    end = -1
    while (match := _next_name(plain, names, max(end, 0))) is not None:
        begin, stop, known = match
        if found and not _JOINS.fullmatch(plain[end:begin]):
            break
        versions = re.match(_VERSIONS, plain[stop:], re.I)
        end = stop + (versions.end() if versions else 0)
        if versions is not None and (marked := _MARKED.match(plain[stop:])) is not None:
            return found, f"the version {marked[0].split()[-1]} of {known.name} has a mark"
        qualified = re.match(
            r"(?:(?!\band\b)[\w ])*?\b(APIs?|examples?|tutorials?|repository|samples?|package)\b",
            plain[end:],
        )
        if re.search(r"\b(DLAMI|DLC|AMI|Deep Learning (AMI|Container))", plain):
            images = _images(known, versions[1] if versions else "", plain[end:])
            if not images:
                return found, "it is about images that no name in the catalog stands for"
            found += images
        elif known.kind is SubjectKind.COMPONENT and qualified:
            return found, f"it is about {qualified[1]} of {known.name}, not the whole"
        elif known.kind in (SubjectKind.FRAMEWORK, SubjectKind.PYTHON, SubjectKind.OS):
            whole = known.words.lower() in _WHOLE_FRAMEWORKS
            if versions is None and not whole:
                return found, f"it names {known.words} without a version"
            numbers = re.findall(r"\d[\d.x]*", versions[1]) if versions else [""]
            found += [_subject(catalog, known, number) for number in numbers]
        else:
            stated = versions[1] if versions else ""
            # What names a version is about that one, not about the whole.
            found += [
                Subject(known.kind, known.name, number, known.component, known.workload)
                for number in re.findall(r"(?:<=)?\d+(?:\.\d+)*", stated.replace(" ", "")) or [""]
            ]
    return found, ""


def _package_names(catalog: Catalog) -> list[SubjectName]:
    return [
        SubjectName(package.name, SubjectKind.COMPONENT, package.name)
        for package in catalog.packages.values()
        if package.role is FrameworkRole.NONE and package.systems
    ]


def _next_name(
    text: str, names: Iterable[SubjectName], start: int
) -> tuple[int, int, SubjectName] | None:
    """The name that comes first in a text, the longest of several at one place."""
    best: tuple[int, int, SubjectName] | None = None
    for known in names:
        match = re.compile(rf"(?i)(?<![\w.-]){re.escape(known.words)}(?![a-z_-])").search(
            text, start
        )
        if match is None:
            continue
        begin, stop = match.span()
        if best is None or (begin, -stop) < (best[0], -best[1]):
            best = begin, stop, known
    return best


def _subject(catalog: Catalog, known: SubjectName, version: str) -> Subject:
    """``1.x`` is every version that begins with 1; systems are called as the catalog does."""
    version = version.removesuffix(".x")
    if known.kind is not SubjectKind.OS:
        return Subject(known.kind, known.name, version)
    if known.name == "ubuntu" and version.isdigit():
        version += ".04"
    called = f"{known.name}{version}"
    names = {alias: s.name for s in catalog.systems for alias in (s.name, *s.aliases)}
    return Subject(known.kind, names.get(called, called))


def _images(known: SubjectName, version: str, rest: str) -> list[Subject]:
    """Images that are named by their operating system alone: ``Ubuntu 22.04 DLAMIs and DLCs``."""
    named = re.match(r" (?:(DLAMI|DLC)s?)(?: and (?:(DLAMI|DLC)s?))?", rest)
    if known.kind is not SubjectKind.OS or not version or named is None:
        return []
    number = f"{version}.04" if known.name == "ubuntu" and version.isdigit() else version
    kinds = {"DLAMI": SubjectKind.DLAMI, "DLC": SubjectKind.DLC}
    return [Subject(kinds[word], f"{known.name} {number}") for word in named.groups() if word]
