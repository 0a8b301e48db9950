"""Public lists of images: tables of container tags (Markdown), and the user guide of machine
images (reStructuredText).

The first are the README of aws-neuron/deep-learning-containers and ``available_images.md`` of
aws/deep-learning-containers, as Markdown; the second is ``deploy/environments/dlami.rst`` of the
documentation.  A row is taken where its cells and its tag agree; the first list that has a tag
decides.  A user guide says of which release it is in its example of ``describe-images``; of one
that does not nothing is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from neuron_pin.catalog.image_names import (
    parse_container_tag,
    parse_machine_name,
    parse_parameter,
)
from neuron_pin.catalog.images import ContainerImage, MachineImage
from neuron_pin.catalog.names import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded

from .tables import find_table_kind, refuse_html, translate

MAX_BYTES = 4 * 1024 * 1024
MAX_CELL = 2_000
"""Most characters of a cell."""

_MARK = re.compile(r"\|[^|\n]*\b(?:ECR Public URL|Example URL)\b")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_URL = re.compile(
    r"(?P<registry>public\.ecr\.aws/neuron|\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com)"
    r"/(?P<repository>[a-z][a-z0-9._-]{0,99}):(?P<tag>[\w][\w.-]{0,127})"
)
_REGION = re.compile(r"\.ecr\.[\w-]+\.")
"""The region in the name of a registry, which exists in every one."""


def is_image_list(path: str) -> bool:
    """Whether a Markdown file has a table of container tags; raises `UnreadableInput`."""
    if not path.endswith(".md"):
        return False
    return _MARK.search(read_bounded(path, MAX_BYTES).decode("utf-8", "replace")) is not None


def read_container_images(path: str, source: str) -> tuple[ContainerImage, ...]:
    """The images that a list has, in its order; ``source`` is where it is from, and each image's
    own has the line behind it.

    Raises `UnreadableInput` for a table that lacks a column, a row whose cells and tag disagree,
    and for a list without any image.
    """
    text = _read(path)
    found: dict[tuple[str, str], ContainerImage] = {}
    for _, rows in find_table_kind("container-images").read(path, text):
        for line, row in rows:
            image = _read_row(path, line, row, f"{source}, line {line}")
            if image is not None:
                found.setdefault((image.repository, image.tag), image)
    if not found:
        raise UnreadableInput(path, None, "lists no image of Neuron")
    return tuple(found.values())


def _read(path: str) -> str:
    try:
        text = read_bounded(path, MAX_BYTES).decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableInput(path, None, "not UTF-8 text") from None
    refuse_html(path, text)
    return text.replace("\r", "")


def _read_row(path: str, line: int, row: dict[str, str], source: str) -> ContainerImage | None:
    """The image of a row, none for one that is not Neuron's, or whose tag names no release."""

    def refuse(problem: str) -> UnreadableInput:
        return UnreadableInput(path, line, problem, hint="nothing was imported")

    if any(len(cell) > MAX_CELL for cell in row.values()):
        raise refuse(f"a cell has more than {MAX_CELL} characters")
    url = _URL.search(row["url"])
    if url is None or "neuron" not in url[0]:
        return None
    tag = parse_container_tag(url["tag"])
    if tag is None or not tag.sdk or not tag.os:
        return None
    title = _LINK.sub(r"\1", row["framework"])
    named = re.match(r"(PyTorch|JAX|TensorFlow|vLLM|MXNet)[ -](\d+(?:\.\d+)*)", title, re.I)
    if named is None:
        raise refuse(f"{title[:80]!r} is no framework with a version")
    sdk = re.search(r"\d+\.\d+\.\d+", row["sdk"])
    python = re.match(r"\d+\.\d+", row["python"])
    stated = (sdk[0] if sdk else "", python[0] if python else "")
    meant = (tag.sdk, tag.python)
    if stated != meant:
        raise refuse(f"the row says SDK {stated[0]}, Python {stated[1]}, and its tag {url['tag']}")
    if not f"{tag.version}.".startswith(f"{named[2]}."):
        raise refuse(f"the row says {named[0]}, and its tag {url['tag']}")
    instances = re.findall(r"\b(?:inf|trn)\d[a-z]?\b", row["instances"].lower())
    names = [canonicalize_name(name.strip()) for name in row.get("packages", "").split(",")]
    return ContainerImage(
        repository=url["repository"],
        tag=tag.plain,
        framework=named[1].lower(),
        version=tag.version,
        sdk=meant[0],
        python=meant[1],
        os=tag.os,
        instances=frozenset(instances),
        packages={name: "" for name in names if name},
        day=None,
        source=source,
        registries=(_REGION.sub(".ecr.REGION.", url["registry"]),),
    )


# Machine images --------------------------------------------------------------------------


def find_guide_release(text: str) -> str:
    """The release that a user guide is of, empty where it names none, or several."""
    found = set(re.findall(r"Values=\*?Neuron SDK (\d+\.\d+\.\d+)", text))
    return found.pop() if len(found) == 1 else ""


def is_machine_guide(page: str) -> bool:
    """Whether a page, by its path, is the user guide of machine images."""
    return find_table_kind("machine-images").is_on(page)


def read_machine_images(path: str, sdk: str, source: str) -> tuple[MachineImage, ...]:
    """The machine images of a release that its user guide lists, in its order.

    A parameter of an image that no table of images has is of an earlier release: it is no image of
    this one.  Raises `UnreadableInput` for a table that lacks a column, a name of another form,
    and for a guide without any.
    """
    text = _read(path)
    parameters = {
        parse_machine_name(name): parameter
        for name, parameter in _read_pairs(path, text, "machine-parameters", "parameter")
    }
    environments = list(_read_environments(path, text))
    found: dict[str, MachineImage] = {}
    for _, rows in find_table_kind("machine-images").read(path, text):
        for line, row in rows:
            name = " ".join(row["name"].split())
            parsed = parse_machine_name(name)
            if parsed is None:
                raise UnreadableInput(path, line, f"{name[:80]!r} is no name of a machine image")
            parameter = parameters.get(parsed, "")
            if parameter and parse_parameter(parameter) is None:
                raise UnreadableInput(path, line, f"{parameter[:80]!r} is no SSM parameter")
            families = re.findall(r"\b(?:inf|trn)\d[a-z]?\b", row["instances"].lower())
            own = {
                folder: libraries
                for form, version, systems, libraries, folder in environments
                if (form, version) == (parsed.form, parsed.version)
                and (not systems or parsed.os in systems)
            }
            found.setdefault(
                name,
                MachineImage(
                    name, (sdk,), frozenset(families), parameter, own, f"{source}, line {line}"
                ),
            )
    if not found:
        raise UnreadableInput(path, None, "lists no machine image")
    return tuple(found.values())


def _read_pairs(path: str, text: str, kind: str, column: str) -> Iterator[tuple[str, str]]:
    for _, rows in find_table_kind(kind).read(path, text):
        for _, row in rows:
            yield row["name"], row[column].strip()


_Environment = tuple[str, str, frozenset[str], str, str]
"""What an environment is of: form and version of the images, their operating systems, empty for
all; the libraries in it, and its folder."""


def _read_environments(path: str, text: str) -> Iterator[_Environment]:
    for _, rows in find_table_kind("machine-environments").read(path, text):
        for _, row in rows:
            folder = row["folder"].strip()
            if not re.fullmatch(r"/opt/[\w./-]{1,200}", folder):
                continue
            libraries, systems = _split_systems(row["libraries"])
            names = row.get("name", "")
            if not names:
                yield "multi-framework", "", systems, libraries, folder
                continue
            stem, own = _split_systems(names)
            for system in own:
                one = parse_machine_name(f"{stem} ({_spell(system)})")
                if one is not None:
                    yield one.form, one.version, frozenset({system}), libraries, folder


def _split_systems(text: str) -> tuple[str, frozenset[str]]:
    """A text without the operating systems in parentheses behind it, and those."""
    match = re.fullmatch(r"(.*?)\s*\(([^()]*)\)\s*", text)
    if match is None:
        return text.strip(), frozenset()
    systems = [translate("system", word) for word in re.split(r"[,/]|\band\b", match[2])]
    if not all(systems):
        return text.strip(), frozenset()
    return match[1].strip(), frozenset(systems)


def _spell(system: str) -> str:
    """An operating system as the names of images spell it."""
    for prefix, words in (("ubuntu", "Ubuntu"), ("amzn", "Amazon Linux"), ("rocky", "Rocky Linux")):
        if system.startswith(prefix):
            return f"{words} {system[len(prefix) :]}"
    return system


# Together --------------------------------------------------------------------------------


def merge_machines(
    known: Sequence[MachineImage], fresh: Sequence[MachineImage]
) -> tuple[MachineImage, ...]:
    """Known machine images with those of a further release: one that has what it had in the
    release before gets the release, every other one is a row of its own."""
    from neuron_pin.catalog.version_range import sdk_key

    rows = list(known)
    for image in fresh:
        (sdk,) = image.releases
        if any(row.name == image.name and sdk in row.releases for row in rows):
            continue
        same = next(
            (
                number
                for number, row in enumerate(rows)
                if row._replace(releases=(), source="") == image._replace(releases=(), source="")
            ),
            None,
        )
        if same is None:
            rows.append(image)
            continue
        releases = tuple(sorted({*rows[same].releases, sdk}, key=sdk_key))
        source = image.source if releases[-1] == sdk else rows[same].source
        rows[same] = rows[same]._replace(releases=releases, source=source)
    return tuple(sorted(rows, key=lambda row: (row.name, sdk_key(row.releases[0]))))
