"""What a passage of release notes says of the phase of a component or of a framework version.

A closed list of ways in which pages put it.  Each needs the name of a subject beside the words,
so that the Beta of a model or of a part is not taken for that of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from neuron_pin.catalog.catalog import Catalog
from neuron_pin.catalog.facts import FrameworkRole
from neuron_pin.catalog.names import Title
from neuron_pin.policy import Phase, Subject, SubjectKind
from neuron_pin.record import NamedTuple

from .release_page import Passage, PassageKind


class Statement(NamedTuple):
    """That a subject is in a phase, where a page says so, and from which release on.

    ``sdk`` is empty where the passage names none; ``is_after`` says that it is the release after
    ``sdk``; ``words`` is a day in words that cannot be read.
    """

    subject: Subject
    phase: Phase
    line: int
    sdk: str = ""
    is_after: bool = False
    words: str = ""


_EARLY = r"(?:(?:initial|public|developer) )*(?:beta|preview|alpha|release candidate)"
_NEURON = r"(?:AWS )?Neuron(?: SDK)?(?: version| release)? v?"
_SPEAKS = re.compile(
    r"(?<![\w-])(?:beta|alpha|preview|release candidate|GA|general(?:ly)? availab\w+|"
    r"maintenance mode|end[- ]of[- ]support|no longer supported|last release)(?![\w-])",
    re.I,
)
_MAY_STATE = re.compile(
    r"beta|alpha|preview|candidate|\bGA\b|stable|generally|maintenance|last release|end[- ]of", re.I
)
"""Without one of these no way of putting it matches; most passages have none."""
_TO_COME = re.compile(r"\b(?:will|would|planned|plans?|coming soon|not yet)\b", re.I)
_MARK = re.compile(r"(?<![\w.+-])v?(\d+(?:\.\d+)*\.\d+([a-wyz][a-z]*)\d*(?:\.\w+)*)(?![\w-])")


def speaks_of_phases(passage: Passage) -> int:
    """The line on which a passage speaks of a phase, 0 for none that does."""
    match = _SPEAKS.search(passage.text)
    return passage.find_line(match.start()) if match is not None else 0


def find_odd_marks(passage: Passage) -> Iterator[tuple[int, str, str]]:
    """Versions of titles, of tables and of lines on the latest version whose mark is neither
    ``b`` nor ``rc``: line, version, mark."""
    if passage.kind is PassageKind.TEXT and not passage.sdk:
        return
    for match in _MARK.finditer(passage.text):
        if match[2] not in ("b", "rc"):
            yield passage.find_line(match.start()), match[1], match[2]


class PhaseReader:
    """Reads statements, by the names that a catalog has."""

    def __init__(self, catalog: Catalog, packages: Sequence[str] = ()) -> None:
        titles = [
            *(Title(n.words, n.kind, (n.name,)) for n in catalog.names),
            *(
                Title(p.name, SubjectKind.COMPONENT, (p.name,))
                for p in catalog.packages.values()
                if p.systems and p.role is FrameworkRole.NONE
            ),
            *(
                Title(p.name, SubjectKind.COMPONENT, (p.name,))
                for p in catalog.packages.values()
                if p.role is FrameworkRole.LEADER and p.name not in _FRAMEWORKS
            ),
            # A new package has no title yet; pages write its name with spaces or with dashes.
            *(
                Title(words, SubjectKind.COMPONENT, (name,))
                for name in packages
                for words in (name, name.replace("-", " "))
            ),
            *catalog.titles,
        ]
        # The last of one spelling counts: a title is said of releases, a name of announcements.
        self._titles = {title.words.lower(): title for title in titles}
        words = sorted(self._titles, key=lambda w: (-len(w), w))
        name = "|".join(re.escape(word) for word in words)
        name = (
            rf"(?<![\w.-])(?P<name>{name})(?![\w-])(?:\s*\((?!{_EARLY})[^()]{{1,40}}\))?"
            r"(?:\s+(?:version )?v?(?P<version>\d[\w.]*\w|\d))?"
        )
        self._ways = [(phase, re.compile(way.replace("NAME", name), re.I)) for phase, way in _WAYS]
        self._name = re.compile(name, re.I)

    def read(self, passage: Passage) -> list[Statement]:
        """Every statement of a passage; none where it speaks of what is to come."""
        found: dict[tuple[Subject, Phase], Statement] = {}
        if _MAY_STATE.search(passage.text) is None:
            return []
        for begin, sentence in _sentences(passage.text):
            # Asked once: a sentence may be as long as its page.
            to_come = _TO_COME.search(sentence)
            for phase, way in self._ways:
                for match in way.finditer(sentence):
                    is_to_come = to_come is not None and to_come.end() <= match.end()
                    if is_to_come or _is_of_part(match):
                        continue
                    line = passage.find_line(begin + match.start("name"))
                    for statement in self._make(match, phase, line, passage):
                        found.setdefault((statement.subject, statement.phase), statement)
        for statement in self._read_around(passage):
            found.setdefault((statement.subject, statement.phase), statement)
        return list(found.values())

    def _make(
        self, match: re.Match[str], phase: Phase | None, line: int, passage: Passage
    ) -> Iterator[Statement]:
        groups = match.groupdict()
        stated = phase if phase is not None else _early(groups["early"])
        sdk = groups.get("sdk") or passage.sdk
        if sdk and sdk.count(".") == 1:
            sdk += ".0"
        for subject in self._subjects(match):
            yield Statement(
                subject, stated, line, sdk, groups.get("last") is not None, groups.get("when") or ""
            )

    def _subjects(self, match: re.Match[str]) -> list[Subject]:
        title = self._titles[" ".join(match["name"].lower().split())]
        version = ""
        if title.kind is SubjectKind.FRAMEWORK:
            version = ".".join((match["version"] or "").split(".")[:2])
            if "." not in version:
                return []
        return [Subject(title.kind, name, version) for name in title.names]

    def _read_around(self, passage: Passage) -> Iterator[Statement]:
        """A few words that mean what their row, their section or their page is about."""
        around = ""
        if passage.row and re.match(r"now stable\b", passage.text, re.I):
            around, stated = passage.row, Phase.STABLE
        elif alone := re.fullmatch(rf"(?P<early>{_EARLY})", passage.text, re.I):
            around, stated = passage.section.title, _early(alone["early"])
            if self._name.fullmatch(around) is None:
                return
        elif latest := re.fullmatch(
            rf"Latest version .*: \S+ \((?P<early>{_EARLY})\)", passage.text, re.I
        ):
            around, stated = passage.section.title, _early(latest["early"])
        if not around:
            return
        # In a row the package in parentheses says it: Neuron Distributed (neuronx-distributed).
        inner = re.search(r"\(([\w-]+)\)", around)
        named = self._name.search(inner[1] if inner is not None else around)
        named = named or self._name.search(around)
        if named is not None:
            for subject in self._subjects(named):
                yield Statement(subject, stated, passage.lines[0][0], passage.sdk)


_FRAMEWORKS = frozenset(
    {"torch-neuron", "torch-neuronx", "tensorflow-neuron", "tensorflow-neuronx", "mxnet-neuron"}
)
"""Packages whose name in a sentence means a framework, of which a version has to be named."""

_END = r"(?=\s*(?:[.,;:(]|$))"
_ABOUT = rf"(?:\s*[\[(]\s*(?P<early>{_EARLY})\s*[\])])"
_WAYS: tuple[tuple[Phase | None, str], ...] = (
    (None, rf"NAME{_ABOUT}"),
    (None, rf"NAME\s+(?P<early>{_EARLY})\s+(?:support\b|now available|release\b|\(v?\d)"),
    (None, rf"\b(?P<early>{_EARLY}) (?:release|launch|version) of (?:the )?NAME"),
    (None, rf"NAME\s+is (?:currently |now )?in (?P<early>{_EARLY})\b"),
    (None, rf"\[(?P<early>{_EARLY})\]\s*(?:Added )?support for\]?\s+NAME{_END}"),
    (
        None,
        rf"NAME\W{{1,4}}launched as an? (?P<early>{_EARLY})(?: in (?P<when>[A-Za-z]+ \d{{4}}))?",
    ),
    (Phase.BETA, r"launched as a beta in (?P<when>[A-Za-z]+ \d{4}), NAME"),
    (Phase.STABLE, r"NAME\s+(?:support )?is (?:now )?(?:GA|stable|generally available)\b"),
    (
        Phase.STABLE,
        rf"NAME\s+is (?:now )?(?:GA|stable|out of {_EARLY})\b.{{0,40}}?\bin the {_NEURON}"
        r"(?P<sdk>\d+\.\d+(?:\.\d+)?)",
    ),
    (Phase.STABLE, rf"NAME\s+(?:is )?(?:now )?out of {_EARLY}\b"),
    (Phase.STABLE, rf"NAME\s+(?:moves?|exits?|leaves?) (?:from |out of )?{_EARLY}\b"),
    (Phase.STABLE, rf"\b(?:move|bring|take)s? NAME (?:library )?out of {_EARLY}\b"),
    (Phase.STABLE, rf"\bstable support \(out of {_EARLY}\) for NAME"),
    (Phase.STABLE, rf"NAME\s+is no longer (?:in )?{_EARLY}\b"),
    (
        Phase.MAINTENANCE,
        rf"NAME\s+is (?:now )?in maintenance mode starting with (?:the )?{_NEURON}"
        r"(?P<sdk>\d+\.\d+(?:\.\d+)?)",
    ),
    (
        Phase.EOS,
        rf"{_NEURON}(?P<sdk>\d+\.\d+(?:\.\d+)?) is (?P<last>the last release) "
        rf"(?:to support|that supports|supporting) NAME{_END}",
    ),
    (
        Phase.EOS,
        r"\bend-of-support for the NAME (?:library )?starts with the "
        r"(?P<sdk>\d+\.\d+(?:\.\d+)?) release",
    ),
    (
        Phase.EOS,
        r"NAME\s+has reached end[- ]of[- ]support since release (?P<sdk>\d+\.\d+(?:\.\d+)?)",
    ),
)
"""The phase, none for the early one that the words name, and how pages say so of a NAME."""


def _is_of_part(match: re.Match[str]) -> bool:
    """Whether the name only says what something else belongs to: *the API of X is in beta*."""
    begin = match.start("name")
    before = match.string[max(begin - _MAX_BEFORE, 0) : begin]
    if _PREDICATE.search(match[0]):
        return re.search(rf"\b(?:of|for|to|from|by|{_PLACE})\s+(?:the\s+)?$", before) is not None
    return re.search(rf"\b(?:{_PLACE})\s+(?:the\s+)?$", before) is not None


_PLACE = "in|on|with|using|through|via|inside"
_PREDICATE = re.compile(r"\s(?:is|has|moves?|exits?|leaves?)\s")
_MAX_BEFORE = 40
"""Characters before a name that say what it is there for."""


def _early(words: str) -> Phase:
    words = words.lower()
    if "alpha" in words:
        return Phase.ALPHA
    return Phase.RC if "candidate" in words else Phase.BETA


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """The sentences of a text, each with where it begins; dots inside versions end none."""
    begin = 0
    for match in re.finditer(r"[.!?]\s+(?=[A-Z\[])", text):
        yield begin, text[begin : match.end()]
        begin = match.end()
    yield begin, text[begin:]
