"""Every parser that reads what others wrote, as a function of bytes.

What a parser raises on purpose is passed over here; anything else is a bug.  Parsers that read
files get one, in a folder of their own in memory.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Container
from contextlib import suppress
from datetime import date
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

from neuron_pin.audit.machine_images import check_machine_image
from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.importer.announcements import read_announcements
from neuron_pin.catalog.importer.manifest import read_manifest
from neuron_pin.errors import NeuronPinError
from neuron_pin.fs.compression import unpack
from neuron_pin.fs.sections import BrokenSection
from neuron_pin.gpgv import BadSignature, dearmor
from neuron_pin.hooks import pip_settings, uv_settings
from neuron_pin.hooks.blocks import remove_blocks
from neuron_pin.hooks.program import apt_hook, state, telling, verdict
from neuron_pin.inputs import parse_requirement
from neuron_pin.inputs.cluster.reader import read_cluster_file
from neuron_pin.inputs.containers.dockerfile import read_dockerfile
from neuron_pin.inputs.containers.image import open_image
from neuron_pin.inputs.containers.recipe import Recipe
from neuron_pin.inputs.file_kind import read_detected
from neuron_pin.inputs.host.apt_preferences import parse_preferences
from neuron_pin.inputs.host.dpkg_status import read_installed
from neuron_pin.inputs.images import find_images
from neuron_pin.inputs.locks.preferences import read_locked
from neuron_pin.inputs.requirements.alternatives import World
from neuron_pin.inputs.requirements.requirements_txt import read_requirements
from neuron_pin.inputs.scripts.ansible import read_playbook
from neuron_pin.inputs.scripts.buildspec import read_buildspec
from neuron_pin.inputs.scripts.cloud_init import read_cloud_init
from neuron_pin.inputs.scripts.gitlab_ci import read_gitlab_ci
from neuron_pin.inputs.scripts.packer import read_packer_hcl, read_packer_json
from neuron_pin.inputs.scripts.shell_script import read_shell_script
from neuron_pin.inputs.scripts.terraform import read_terraform
from neuron_pin.inputs.scripts.workflow import read_workflow
from neuron_pin.inputs.yaml_document import YamlList, YamlNode, YamlText, parse_yaml
from neuron_pin.operations.explain_error import Place, explain_errors, read_pieces
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.policy import Ecosystem, parse_version
from neuron_pin.resolve import Resolution
from neuron_pin.settings import load_settings
from neuron_pin.sources.apt.packages import stanzas
from neuron_pin.sources.apt.release import parse_release
from neuron_pin.sources.apt.sources_list import read_apt_sources
from neuron_pin.sources.candidate import NotStatic
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.index.core_metadata import parse_metadata
from neuron_pin.sources.index.evaluator import fitting_files, make_project
from neuron_pin.sources.index.project_list import parse_names
from neuron_pin.sources.index.sdist_metadata import read_sdist_metadata
from neuron_pin.sources.index.simple import parse_page, parse_wheel_name
from neuron_pin.sources.index.wheel_metadata import read_wheel_metadata
from neuron_pin.sources.rpm.repo_files import read_rpm_sources
from neuron_pin.sources.rpm.repository import parse_rpm_repository
from neuron_pin.sources.system_package import parse_deb_relations
from neuron_pin.target import Target, make_target
from neuron_pin.target.tags import marker_environment
from neuron_pin.verify import metadata as verified_metadata
from neuron_pin.verify import pages as verified_pages
from neuron_pin.verify import reading as verified_reading
from neuron_pin.verify.evidence import Sources
from neuron_pin.verify.verifying import verify

DECLARED = (
    NeuronPinError,
    NotStatic,
    BadSignature,
    BrokenSection,
    apt_hook.NotJudged,
    state.Unusable,
)
"""What the parsers say of input that they cannot read."""

CORPORA = Path(__file__).parent.parent.parent / "fixtures" / "corpora"
"""A folder of inputs for each parser: good ones, and ``fatal-`` ones that ended it once."""

NAME = "torch-neuronx"
ADDRESS = "https://index.invalid/simple/torch-neuronx/"
NEURON = frozenset({"aws-neuronx-dkms", "aws-neuronx-tools", "aws-neuronx-runtime-lib"})


@lru_cache(maxsize=1)
def folder() -> Path:
    """A folder for files, in memory where there is such a place."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="np-fuzz-", dir=memory))


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    return Catalog(EMBEDDED)


@lru_cache(maxsize=1)
def target() -> Target:
    return make_target(
        catalog(),
        instance="trn2",
        system="ubuntu24.04",
        python="3.11",
        as_of=date(2026, 9, 1),
        this_python="3.11",
    )


def put(name: str, data: bytes) -> str:
    path = folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def read_page(data: bytes, *, kind: str) -> None:
    with suppress(verified_pages.NotAPage):
        verified_pages.parse_page(data, ADDRESS)
    page = parse_page(data, kind, ADDRESS)
    assert len(page.files) == len(page.names)
    project = make_project(page, NAME, target())
    for offer in islice(project.offers(), 5):
        fitting_files(page, NAME, offer.version, target())


def read_wheel(data: bytes) -> None:
    wheel = parse_wheel_name("tool-1.0-py3-none-any.whl")
    assert wheel is not None
    path = put("tool.whl", data)
    with suppress(verified_metadata.Unreadable), open(path, "rb") as stream:
        verified_metadata.metadata_of_wheel(stream, "tool-1.0-py3-none-any.whl")
    parse_metadata(read_wheel_metadata(Fetcher(""), f"file:{path}", wheel), "tool", target())


def read_metadata(data: bytes) -> None:
    with suppress(verified_metadata.Unreadable):
        verified_metadata.parse_metadata(data, "tool")
    parse_metadata(data, "tool", target())


def read_sdist(data: bytes, *, name: str) -> None:
    path = put(name, data)
    read_sdist_metadata(Fetcher(""), f"file:{path}", name, "", None, "")


WORLDS = tuple(World(p, marker_environment(f"{p}.0", ())) for p in ("3.9", "3.12"))


def read_project(data: bytes) -> None:
    path = put("project/pyproject.toml", data)
    with suppress(NeuronPinError):
        load_settings({}, {}, os.path.dirname(path))
    read_detected(path, {}, [], WORLDS)
    read_detected(path, {})


def read_lock_file(data: bytes, *, name: str, form: str = "") -> None:
    path = put(name, data)
    with suppress(NeuronPinError):
        verify(verified_reading.read_lock(path), Sources(None))
    if form:
        with suppress(NeuronPinError):
            read_locked(path, form)
    with suppress(NeuronPinError):
        read_detected(path, {}, [], WORLDS)
    read_detected(path, {})


def read_list(data: bytes, *, name: str) -> None:
    """What a file states, as its kind is read; with and without somebody who collects."""
    path = put(f"lists/{name}", data)
    with suppress(NeuronPinError):
        read_detected(path, {}, [], WORLDS)
    read_detected(path, {})


def read_lock_json(data: bytes) -> None:
    read_lock_file(data, name="lock.json", form="json")
    read_resolution(put("lock.json", data), catalog())


def read_packages(data: bytes) -> None:
    for package in stanzas(data, sorted(NEURON), "https://apt.invalid/Packages"):
        assert package.name in NEURON
        package.compare(package)
        for group in package.depends:
            for relation in group:
                package.satisfies(relation)
    for group in parse_deb_relations(data[:4096].decode("utf-8", "replace")):
        for relation in group:
            with suppress(NeuronPinError):
                relation.holds(Ecosystem.APT, "2.34-1")


def read_sources(data: bytes, *, name: str) -> None:
    root = folder() / f"root-{name}"
    put(f"root-{name}/etc/apt/sources.list.d/{name}", data)
    read_apt_sources(str(root))


def read_yum(data: bytes) -> None:
    put("yum/etc/yum.repos.d/neuron.repo", data)
    read_rpm_sources(str(folder() / "yum"))


def read_preferences(data: bytes) -> None:
    parse_preferences(data.decode("utf-8", "surrogateescape"), "neuron.pref")


def read_status(data: bytes) -> None:
    put("dpkg/var/lib/dpkg/status", data)
    read_installed(str(folder() / "dpkg"), NEURON)
    apt_hook.installed_versions(b"\n\n" + data, NEURON, ())


REPOMD = b"""<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="primary">
<checksum type="sha256">%s</checksum><location href="repodata/primary.xml"/></data></repomd>"""


def read_repository() -> None:
    repository = parse_rpm_repository(f"file:{folder()}/rpm")
    repository.fetch_packages(Fetcher(""), NEURON)


def read_primary(data: bytes) -> None:
    put("rpm/repodata/primary.xml", data)
    put("rpm/repodata/repomd.xml", REPOMD % hashlib.sha256(data).hexdigest().encode())
    read_repository()


def read_repomd(data: bytes) -> None:
    put("rpm/repodata/primary.xml", (CORPORA / "primary" / "plain").read_bytes())
    put("rpm/repodata/repomd.xml", data)
    read_repository()


@lru_cache(maxsize=1)
def held_state() -> state.State:
    return state.parse_state((CORPORA / "hook-state" / "plain").read_bytes())


def read_transaction(data: bytes) -> None:
    """What apt tells the hook, up to the verdict."""
    path = put("transaction", data)
    os.environ["APT_HOOK_INFO_FD"] = str(os.open(path, os.O_RDONLY))
    if not hasattr(apt_hook, "verdict"):
        apt_hook.load_judge(os.path.dirname(str(apt_hook.__file__)))
    lines: list[bytes] = []
    try:
        apt_hook.read_transaction(lines, False)
    finally:
        os.environ.pop("APT_HOOK_INFO_FD", None)
    changes, _, _ = apt_hook.parse_lines(lines)
    found = verdict.judge(held_state(), changes, {}, "2026-09-01")
    for line in telling.format_refusal(held_state(), found.refusals, "apt-get"):
        assert line.isprintable()


def read_hook_state(data: bytes) -> None:
    # Most damage is found by the checksum; what a right one lets through must hold, too.
    with suppress(state.Unusable):
        state.parse_state(data)
    body = data[: data.rfind(b"end\t")] if b"end\t" in data else data
    held = state.parse_state(body + state.checksum(body).encode())
    change = verdict.Change("aws-neuronx-tools", "2.26-1", "3.0-1")
    found = verdict.judge(held, [change], {}, "2026-09-01")
    telling.format_refusal(held, found.refusals, "apt-get")


def read_announcement(data: bytes) -> None:
    path = put("news/page.rst", data)
    read_announcements(os.path.dirname(path), catalog())


def read_kept(data: bytes) -> None:
    """What the cache has, whoever wrote it."""
    fetcher = Fetcher(str(folder() / "cache"), offline=True)
    path = fetcher._path(ADDRESS, "*/*")
    # A head whose hash is right, so that its other values are looked at.
    head, _, body = data.partition(b"\n")
    head = head.replace(b"HASH", hashlib.sha256(body).hexdigest().encode())
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Path(path).write_bytes(head + b"\n" + body)
    fetcher.get(ADDRESS, limit=1 << 20)


def read_image(data: bytes) -> None:
    with open_image(put("image.tar", data)):
        pass


def read_words(data: bytes) -> None:
    """Requirements and versions, as the command line has them."""
    for text in data.decode("utf-8", "replace").split("\n")[:20]:
        with suppress(NeuronPinError):
            found = parse_requirement(text)
            with suppress(NeuronPinError):
                found.admits("2.8.0.2.10")
        with suppress(NeuronPinError):
            parse_version(text)


def read_recipe(data: bytes, *, name: str, read: Callable[[str, Container[str]], Recipe]) -> None:
    """Every place is a line of the file."""
    path = put(name, data)
    recipe = read(path, NEURON | {NAME})
    last = data.count(b"\n") + data.count(b"\r") + data.count(b"\xc2\x85") + 2
    for stage in recipe.stages:
        for installation in stage.installations:
            if installation.file != path:
                continue
            assert 0 <= installation.line <= last
            assert all(0 <= found.line <= last for found in installation.requirements)
        assert all(0 <= part.line <= last for part in stage.unread if part.file in ("", path))
    assert all(0 <= image.line <= last for image in recipe.images)


def read_image_names(data: bytes) -> None:
    """Tags, references, names of machine images and parameters, as the command line and templates
    have them."""
    for text in data.decode("utf-8", "replace").split("\n")[:20]:
        with suppress(NeuronPinError):
            find_images(text, catalog(), date(2026, 8, 20))
        list(check_machine_image(text, "main.tf:1", catalog(), target(), 0))


def read_cluster(data: bytes) -> None:
    """Every place is a line of the file."""
    found = read_cluster_file(put("repo/chart/templates/values.yaml", data))
    last = data.count(b"\n") + data.count(b"\r") + data.count(b"\xc2\x85") + 2
    lines = [image.line for image in found.images] + [chart.line for chart in found.charts]
    lines += [resource.line for resource in found.resources]
    lines += [switch.line for switch in found.switches]
    lines += [part.line for part in found.unread]
    assert all(0 <= line <= last for line in lines)


def read_yaml(data: bytes) -> None:
    """Every text is the sum of its lines, which are in order."""

    def walk(node: YamlNode | None) -> None:
        if isinstance(node, YamlText):
            numbers = [line for line, _ in node.lines]
            assert numbers == sorted(numbers)
            assert "".join(part for _, part in node.lines) == node.text
        elif isinstance(node, YamlList):
            for item in node.items:
                walk(item)
        elif node is not None:
            for _, value in node.pairs:
                walk(value)

    for document in parse_yaml(data, "playbook.yml"):
        walk(document.root)


def edit(data: bytes, *, name: str) -> None:
    """Settings of pip or uv with ours in them; taken out, theirs are as they were."""
    text = data.decode("utf-8", "replace")
    nothing = Resolution("2.26.0", target(), (), (), ())
    if name == "pip.conf":
        wanted = {"constraint": ("/c.txt",), "index-url": ("http://127.0.0.1:1/",)}
        made = pip_settings.edit_pip_conf(name, text, wanted)
        assert remove_blocks(made) == remove_blocks(text)
    else:
        uv_settings.edit_uv_toml(name, text, nothing, via="http://127.0.0.1:1/simple")


HTML, JSON = "text/html", "application/vnd.pypi.simple.v1+json"


def read_log(data: bytes) -> object:
    return explain_errors(read_pieces(io.BytesIO(data)), Place(), catalog()).diagnoses


PARSERS: dict[str, Callable[[bytes], object]] = {
    "error-log": read_log,
    "simple-html": partial(read_page, kind=HTML),
    "simple-json": partial(read_page, kind=JSON),
    "names-html": lambda data: parse_names(data, HTML, ADDRESS),
    "names-json": lambda data: parse_names(data, JSON, ADDRESS),
    "metadata": read_metadata,
    "wheel": read_wheel,
    "sdist-tar": partial(read_sdist, name="tool-1.0.tar.gz"),
    "sdist-zip": partial(read_sdist, name="tool-1.0.zip"),
    "requirements": lambda data: read_requirements(put("requirements.txt", data), environ={}),
    "words": read_words,
    "pyproject": read_project,
    "setup-py": lambda data: read_detected(put("script/setup.py", data), {}, [], WORLDS),
    "pylock": partial(read_lock_file, name="pylock.toml", form="pylock"),
    "uv-lock": partial(read_lock_file, name="uv.lock"),
    "poetry-lock": partial(read_lock_file, name="poetry.lock"),
    "lock-json": read_lock_json,
    "pdm-lock": partial(read_list, name="pdm.lock"),
    "pipfile-lock": partial(read_list, name="Pipfile.lock"),
    "pixi-lock": partial(read_list, name="pixi.lock"),
    "conda-lock": partial(read_list, name="conda-lock.yml"),
    "pixi": partial(read_list, name="pixi.toml"),
    "pipfile": partial(read_list, name="Pipfile"),
    "conda-environment": partial(read_list, name="environment.yml"),
    "setup-cfg": partial(read_list, name="setup.cfg"),
    "cyclonedx": partial(read_list, name="bom.json"),
    "cyclonedx-xml": partial(read_list, name="bom.xml"),
    "spdx": partial(read_list, name="sbom.spdx.json"),
    "spdx-tags": partial(read_list, name="sbom.spdx"),
    "json-list": partial(read_list, name="packages.json"),
    "text-list": partial(read_list, name="packages.list"),
    "constraints": lambda data: read_locked(put("constraints.txt", data), "constraints"),
    "packages": read_packages,
    "release": lambda data: parse_release(data, "https://apt.invalid/InRelease"),
    "armor": dearmor,
    "sources-list": partial(read_sources, name="neuron.list"),
    "sources-deb822": partial(read_sources, name="neuron.sources"),
    "yum-repo": read_yum,
    "preferences": read_preferences,
    "dpkg-status": read_status,
    "repomd": read_repomd,
    "primary": read_primary,
    "gzip": lambda data: unpack(data, ".gz", "https://apt.invalid/Packages.gz"),
    "xz": lambda data: unpack(data, ".xz", "https://apt.invalid/Packages.xz"),
    "zstd": lambda data: unpack(data, ".zst", "https://apt.invalid/Packages.zst"),
    "transaction": read_transaction,
    "hook-state": read_hook_state,
    "manifest": lambda data: read_manifest(put("manifest.json", data), catalog()),
    "announcement": read_announcement,
    "dockerfile": lambda data: read_dockerfile(put("Dockerfile", data), NEURON | {NAME}),
    "image": read_image,
    "pip-conf": partial(edit, name="pip.conf"),
    "uv-toml": partial(edit, name="uv.toml"),
    "kept-answer": read_kept,
    "script": partial(read_recipe, name="repo/setup.sh", read=read_shell_script),
    "workflow": partial(read_recipe, name="repo/.github/workflows/ci.yml", read=read_workflow),
    "gitlab-ci": partial(read_recipe, name="repo/.gitlab-ci.yml", read=read_gitlab_ci),
    "buildspec": partial(read_recipe, name="repo/buildspec.yml", read=read_buildspec),
    "cloud-init": partial(read_recipe, name="repo/user-data", read=read_cloud_init),
    "playbook": partial(read_recipe, name="repo/site.yml", read=read_playbook),
    "packer-hcl": partial(read_recipe, name="repo/image.pkr.hcl", read=read_packer_hcl),
    "terraform": partial(read_recipe, name="repo/main.tf", read=read_terraform),
    "image-names": read_image_names,
    "packer-json": partial(read_recipe, name="repo/packer.json", read=read_packer_json),
    "cluster": read_cluster,
    "yaml": read_yaml,
}


def read(name: str, data: bytes) -> bool:
    """Give bytes to a parser; whether it could read them.  Raises only what is a bug."""
    try:
        PARSERS[name](data)
    except DECLARED:
        return False
    return True


def clean() -> None:
    """Remove the folder of files."""
    shutil.rmtree(folder(), ignore_errors=True)
