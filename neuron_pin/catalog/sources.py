"""Where the pages behind the facts can be read.

Facts name their sources by a path below a folder of the vendor's public documentation
repository, often with a release and a line.  ``vendor_pages.json`` states the commit that the
embedded facts were read at, the pages that lie there, and for each page the versions of the
vendor's documentation that have it.  An address is given for these alone, never for a page of
which only the name is known.

A version of the documentation is in that file if public copies of its pages were found; that it
has a page follows from the repository at the release's tag, which it is built from.
"""

from __future__ import annotations

import functools
import os
import re

from .files import read_object
from .version_range import sdk_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_PAGE = (
    r"(?P<folder>about-neuron|announcements|archive|compiler|deploy|libraries|neuron-runtime"
    r"|release-notes)/[\w./-]+\.rst"
)
_STATED = r",? (\d+\.\d+\.\d+)\b"
_LINE = r", line (\d+)\b"
_RECIPE = (
    r"(?P<repository>aws(?:-neuron)?/deep-learning-containers|aws-neuron/aws-neuron-sdk), "
    r"(?P<path>[\w./-]+) at (?P<commit>[0-9a-f]{7,40})\b"
)
"""Container recipes that evidence comes from, and lists of images."""
_MANIFEST_FILE = r"(?P<path>src/k8/[\w./-]+\.yml), (?P<release>\d+\.\d+\.\d+)"
"""A manifest for Kubernetes in the vendor's repository, as a release has it."""
_BLOB = (
    r"https://github\.com/[\w.-]+/(?P<repository>[\w.-]+)/blob/(?P<commit>[0-9a-f]{7})[0-9a-f]{33}/"
    r"(?:[\w.-]+/)*(?P<name>[\w.-]+)"
)
"""A file of a repository at a commit."""
_ADDRESS = r"https://(github\.com/aws-neuron|awsdocs-neuron\.readthedocs-hosted\.com/en)/[\w./-]+"
"""A page of the vendor's that has no path in the repository of that commit: what a release was
published as, an issue, a page of an earlier documentation."""
_OF_RELEASE = r"release(?: manifest)?,? (\d+\.\d+\.\d+)"
_PACKAGES = "release-notes/releasecontent.rst"
"""The page that lists a release's packages."""


def find_source_url(source: str) -> str | None:
    """The address of a source as facts, exclusions and events name it; `None` where it is not
    known to be there.

    A page is shown as the documentation of the SDK release that the source names has it; of an
    announcement, which names none, as the first documentation has it that is known to.  Any
    other page is that of one commit, and the line in it: the address shows tomorrow what the
    fact was read from.  An index is its own address.
    """
    if source.startswith(("index https://", "index http://")):
        return source.removeprefix("index ")
    if re.fullmatch(_ADDRESS, source):
        return source
    page = re.match(_PAGE, source)
    if page is not None:
        found = _find_documentation(page, source[page.end() :])
        if found is None and page[0] in _pages():
            found = _at_commit(page, source)
        if found is not None:
            return found
    recipe = re.match(_RECIPE, source)
    if recipe is not None:
        url = "https://github.com/{repository}/blob/{commit}/{path}".format(**recipe.groupdict())
        line = re.match(_LINE, source[recipe.end() :])
        return f"{url}?plain=1#L{line[1]}" if line is not None else url
    manifest_file = re.fullmatch(_MANIFEST_FILE, source)
    if manifest_file is not None:
        repository = _vendor_pages()["repository"]
        return f"{repository}/blob/v{manifest_file['release']}/{manifest_file['path']}"
    release = re.fullmatch(_OF_RELEASE, source)
    if release is not None and sdk_key(release[1]) <= sdk_key(_vendor_pages()["newest_release"]):
        manifest = f"{_commit()}/{_vendor_pages()['manifest']}"
        return _documentation_of(_PACKAGES, release[1]) or manifest
    return None


def shorten_source(source: str) -> str:
    """A source in a few words: of a page only its name."""
    page = re.match(_PAGE, source) or re.match(_MANIFEST_FILE, source)
    if page is None:
        blob = re.fullmatch(_BLOB, source)
        return "{repository}, {name} at {commit}".format(**blob.groupdict()) if blob else source
    if "path" in page.groupdict():
        return f"{os.path.basename(page['path'])}, {page['release']}"
    return os.path.basename(page[0]).removesuffix(".rst") + source[page.end() :]


def _find_documentation(page: re.Match[str], rest: str) -> str | None:
    stated = re.match(_STATED, rest)
    if stated is not None:
        return _documentation_of(page[0], stated[1])
    if page["folder"] in ("announcements", "deploy"):
        versions = sorted(_vendor_pages()["documented"].get(page[0], ()), key=sdk_key)
        return _documentation_of(page[0], versions[0]) if versions else None
    return None


def _documentation_of(page: str, release: str) -> str | None:
    """A page in the documentation of a release, none where it is not known to be there."""
    known = _vendor_pages()
    path = known["documented"].get(page, {}).get(release)
    return f"{known['documentation']}/v{release}/{path}" if path else None


def _at_commit(page: re.Match[str], source: str) -> str:
    folder = page["folder"]
    url = f"{_commit()}/{_vendor_pages()['folders'][folder]}{page[0][len(folder) :]}"
    line = re.search(_LINE, source[page.end() :])
    # Without "plain" the page is drawn, and has no lines.
    return f"{url}?plain=1#L{line[1]}" if line is not None else url


def _commit() -> str:
    known = _vendor_pages()
    return f"{known['repository']}/blob/{known['commit']}"


@functools.lru_cache(maxsize=1)
def _vendor_pages() -> dict[str, Any]:
    return read_object(os.path.join(os.path.dirname(__file__), "vendor_pages.json"))


@functools.lru_cache(maxsize=1)
def _pages() -> frozenset[str]:
    return frozenset(_vendor_pages()["pages"])
