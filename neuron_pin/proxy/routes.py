"""Which page a path means; pure."""

from __future__ import annotations

from urllib.parse import quote

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import NeuronPinError, WrongUsage
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.sources.index.project_list import is_name

MAX_PATH = 1024


class NoSuchPage(NeuronPinError):
    """No page and no file of that name."""


class RouteKind(Enum):
    """The kinds of page; the value is the label of its metrics."""

    OVERVIEW = "overview"
    NAMES = "names"
    PROJECT = "project"
    PEOPLE = "people"


class PageRoute(NamedTuple):
    """A page: its kind, the parts of its path that name a view, the project's name.

    ``depth`` is how many parts it lies below the root.  ``moved`` is the relative address at
    which it really is, empty if it is here (PEP 503: names are normalized, and a page's
    address ends with a slash).
    """

    kind: RouteKind
    view: tuple[str, ...]
    name: str
    depth: int
    moved: str = ""


def parse_route(path: str) -> PageRoute:
    """The page of a path, without its escapes; raises `NoSuchPage` or `WrongUsage`."""
    if len(path) > MAX_PATH:
        raise WrongUsage(f"the path has more than {MAX_PATH} characters")
    parts = path.split("/")[1:]
    depth = len(parts) - 1
    at = next((n for n, part in enumerate(parts) if part in ("simple", "project")), None)
    if at is None:
        if not parts or parts[-1]:
            raise NoSuchPage(
                "no such page", hint="all names are at /simple/, a project is at /simple/NAME/"
            )
        return PageRoute(RouteKind.OVERVIEW, tuple(parts[:-1]), "", depth)
    view, rest = tuple(parts[:at]), parts[at + 1 :]
    written = rest[0] if rest else ""
    if len(rest) > 2 or (len(rest) == 2 and rest[1]):
        raise NoSuchPage("no such page", hint="a project is at /simple/NAME/")
    if written and not is_name(written):
        raise WrongUsage(f"{written[:60]!r} is not a project name")
    if not written and (parts[at] == "project" or len(rest) == 2):
        raise NoSuchPage("no such page", hint="a project is at /project/NAME/")
    kind = RouteKind.NAMES if not written else RouteKind.PROJECT
    if parts[at] == "project":
        kind = RouteKind.PEOPLE
    name = canonicalize_name(written)
    canonical = [*view, parts[at], *([name] if name else []), ""]
    moved = ""
    if canonical != parts:
        up = "../" * depth or "./"
        moved = up + "/".join(quote(part) for part in canonical)
    return PageRoute(kind, view, name, depth, moved)
