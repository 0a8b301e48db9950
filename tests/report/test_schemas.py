"""What is printed as JSON is what the committed schemas say."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from conftest import FIXTURES, publish

from neuron_pin.cli.parser import make_parser
from neuron_pin.outputs import FORMATS

SCHEMAS = Path(__file__).parent.parent.parent / "docs/schemas"
TARGET = ("--instance", "trn2", "--python", "3.11", "--as-of", "2026-08-20")
MACHINE = ("--instance", "trn2", "--os", "ubuntu24.04", "--as-of", "2026-08-20")

STATUS = "Package: aws-neuronx-tools\nStatus: install ok installed\nVersion: 2.28.23.0-1\n\n"

# schema, command
COMMANDS = [
    ("findings", ("check", "reqs.txt", *TARGET)),
    ("findings", ("check", "uv.lock", *TARGET)),
    ("findings", ("catalog", "lint")),
    ("diff", ("diff", "2.28.1", "2.32.0")),
    ("diff", ("diff", "reqs.txt", "2.32.0")),
    ("plan", ("plan", *MACHINE)),
    ("plan", ("plan", *MACHINE, "--from", "2.27.0", "--category", "all", "--category", "efa")),
    ("plan", ("plan", "--instance", "trn1", "--os", "amzn2023", "--framework", "jax",
              "--phase", "beta")),
    ("explain", ("explain", "torch-neuronx", *TARGET)),
    ("explain-pair", ("explain", "vllm-neuron", "with", "nki", *TARGET)),
    ("explain-neff", ("explain", "neff", "--compiler", "2.27.5334.0", "--runtime", "2.28.23.0")),
    ("explain-neff", ("explain", "neff", "--compiler", "2.99.1.0", "--runtime", "2.99.1.0")),
    ("why", ("why", "neuronx-cc")),
    ("explain-error", ("explain-error", "NRT_EXEC_SW_NQ_OVERFLOW")),
    ("explain-error", ("explain-error", "NEFF version mismatch supported: 1 received: 2", "--lock",
                       "lock.json")),
    ("lock", ("lock", "--offline", *MACHINE)),
    ("lock", ("lock", "--offline", "torch-neuronx==2.8.*", *TARGET, "--phase", "eos")),
    ("lock", ("lock", "--offline", "--scope", "container", "--with-driver", "2.28.0.0", *MACHINE)),
    ("verify", ("verify", "lock.json", "--offline")),
    ("verify", ("verify", "lock.json", "--offline", "torch")),
    ("hook-status", ("hook", "status")),
    ("hook-status", ("hook", "status", "pip", "uv", "--root", ".")),
    ("outdated", ("outdated", "apt.json", "--as-of", "2026-08-20")),
    ("outdated", ("outdated", "reqs.txt", *TARGET)),
    ("outdated", ("outdated", "--root", ".", "--as-of", "2026-08-20")),
    ("upcoming", ("upcoming", "apt.json", "--as-of", "2026-08-20")),
    ("upcoming", ("upcoming", "reqs.txt", *TARGET)),
    ("upcoming", ("upcoming", "--all", "--as-of", "2026-03-01", "--fail-within", "30d")),
    ("upcoming", ("upcoming", "--root", ".", "--as-of", "2026-03-01")),
    ("hook-test", ("hook", "test", "aws-neuronx-tools=2.*", "bash=5", "--lock", "apt.json", "--root", ".")),
    ("policy", ("policy",)),
    ("policy", ("policy", "NP201")),
    ("policy-phases", ("policy", "phases")),
    ("policy-phases", ("policy", "phases", "--as-of", "2024-06-30")),
    ("policy-classification", ("policy", "classification")),
    ("policy-classification", ("policy", "classification", "--as-of", "2024-06-30")),
    ("policy-updates", ("policy", "updates")),
    ("policy-statements", ("policy", "statements")),
    ("image", ("image", "2.8.0-neuronx-py311-sdk2.26.1-ubuntu22.04", "--as-of", "2026-08-20")),
    ("image", ("image", "Deep Learning AMI Neuron (Ubuntu 24.04) 20260710")),
    ("image", ("image", "2.9.0-neuronx-py312-sdk2.99.0-ubuntu24.04")),
    ("images", ("image", "--as-of", "2026-08-20")),
    ("diff", ("diff", "jax-training-neuronx:0.9.0-neuronx-py313-sdk2.31.1-ubuntu24.04",
              "jax-training-neuronx")),
    ("releases", ("releases",)),
    ("releases", ("releases", "--as-of", "2025-01-01")),
    ("release", ("releases", "2.32.0")),
    ("release", ("releases", "2.3.0", "--instance", "trn1")),
    ("lifecycle", ("lifecycle", "--as-of", "2026-03-01")),
    ("lifecycle", ("lifecycle", "torch-neuronx", "--as-of", "2026-08-20")),
    ("findings", ("doctor", "--root", "machine")),
    ("findings", ("check", "--root", "machine", *TARGET)),
    ("host-facts", ("fleet", "facts", "--root", "machine", "--as-of", "2026-08-20")),
    ("host-facts", ("fleet", "facts", "--root", "machine", "--gather", "full", "--lock", "apt.json")),
    ("fleet-classes", ("fleet", "classes", "fleet")),
    ("fleet-report", ("fleet", "report", "fleet", "--before", "fleet-before", "--lock", "apt.json",
                      "--as-of", "2026-08-20")),
    ("cache", ("cache", "info")),
    ("cache-removed", ("cache", "prune")),
    ("cache-removed", ("cache", "clear")),
    ("catalog", ("catalog", "show")),
    ("catalog-verify", ("catalog", "verify")),
    ("catalog-import", ("catalog", "import", "announcements")),
    ("catalog-update", ("catalog", "update", "--feed", "mirror")),
    ("catalog-update", ("catalog", "update", "--feed", "mirror", "--check")),
]  # fmt: skip


def schema(name: str) -> dict:
    found = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def validate(document: object, name: str) -> None:
    jsonschema.Draft202012Validator(
        schema(name), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(document)


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=lambda value: " ".join(value))
def test_json_is_what_its_schema_says(run, name: str, command: tuple[str, ...]) -> None:
    Path("reqs.txt").write_text("nki\ntorch-neuronx==2.8.0.2.10.16998\n")
    Path("uv.lock").write_text("version = 2\n")
    shutil.copytree(FIXTURES / "golden" / "files", ".", dirs_exist_ok=True)
    shutil.copytree(FIXTURES / "announcements", "announcements")
    shutil.copytree(FIXTURES / "announcements", "mirror/announcements")
    Path("var/lib/dpkg").mkdir(parents=True)
    Path("var/lib/dpkg/status").write_text(STATUS)
    run("lock", "--offline", "-q", "neuronx-cc", *TARGET, "-o", "lock.json")
    run("lock", "--offline", "-q", *MACHINE, "--python", "3.12", "-o", "apt.json")
    done = run(*command, "--format", "json")
    document = json.loads(done.out)
    validate(document, name)
    assert document["schema_version"] == 1


def test_locks_and_explanations_over_indexes(run, serve) -> None:
    server = serve()
    publish(server, {"a": [("1.0", ("b",)), ("2.0", ("b<1",))], "b": [("1.0", ())]}, as_json=True)
    index = ("--index-url", f"{server.url}/simple/")
    for name, command in (
        ("lock", ("lock", "a", "--generate-hashes")),
        ("explain", ("explain", "a")),
    ):
        document = json.loads(run(*command, *TARGET, *index, "--format", "json").out)
        validate(document, name)


def test_baselines(run) -> None:
    Path("reqs.txt").write_text("nki\n")
    run("check", "reqs.txt", *TARGET, "--write-baseline", "known.json")
    jsonschema.validate(json.loads(Path("known.json").read_text()), schema("baseline"))


@pytest.mark.skipif(shutil.which("apt-cache") is None, reason="needs apt")
def test_what_a_machines_apt_would_do(run) -> None:
    from neuron_pin.inputs.host.apt_policy import PackageFile
    from neuron_pin.inputs.host.apt_sandbox import Archive, scratch_apt

    name = "aws-neuronx-tools"
    neuron = Archive(PackageFile(site="neuron.invalid", archive="jammy"), {name: ["2.3.0.0-a"]})
    with scratch_apt([neuron], {name: "2.2.0.0-a"}, {}) as apt:
        pins = Path(apt.root) / "etc/apt/preferences.d/10.pref"
        pins.write_text(f"Package: {name}\nPin: version 2.3.*\nPin-Priority: 990\n")
        done = run("explain", name, "--root", apt.root, "--format", "json")
    document = json.loads(done.out)
    validate(document, "explain-host")
    assert any(version["stanza"] for version in document["versions"])


def test_every_schema_is_held_by_a_test() -> None:
    # What serve answers is held beside its other pages.
    held = {name for name, _ in COMMANDS} | {"baseline", "explain-host", "withheld"}
    assert {path.name.partition(".")[0] for path in SCHEMAS.iterdir()} == held


def json_commands() -> Iterator[tuple[str, ...]]:
    """Every command that the parser takes with ``--format json``, each of its actions apart."""
    for name, command in make_parser().actions.items():
        for action, parser in (command.actions or {"": command}).items():
            form = parser._option_string_actions.get("--format")
            if form is not None and "json" in (form.choices or FORMATS):
                yield (name, action) if action else (name,)


def test_every_command_with_json_has_a_schema() -> None:
    found = set(json_commands())
    assert len(found) > 15
    assert {words for words in found
            if not any(command[: len(words)] == words for _, command in COMMANDS)} == set()  # fmt: skip


def addresses(value: object) -> Iterator[tuple[str, str | None]]:
    """Each source of a document with its address."""
    if isinstance(value, dict):
        if isinstance(value.get("source"), str):
            yield value["source"], value.get("source_url")
        for inner in value.values():
            yield from addresses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from addresses(inner)


@pytest.mark.parametrize("command", [
    ("lifecycle",), ("releases",), ("catalog", "show"), ("lock", "--offline", *MACHINE),
    ("explain", "torch-neuronx", *TARGET),
], ids=" ".join)  # fmt: skip
def test_sources_have_an_address(run, command: tuple[str, ...]) -> None:
    found = set(addresses(json.loads(run(*command, "--format", "json").out)))
    pages = {(source, url) for source, url in found if ".rst" in source.partition(",")[0]}
    assert all(
        url and source.partition(".rst")[0].rpartition("/")[2] in url for source, url in pages
    )
    of_repositories = [url for _, url in found if url and "github" in url]
    assert all(url.count("/blob/") + url.count("/releases/tag/") == 1 for url in of_repositories)


DOCUMENTATION = "https://awsdocs-neuron.readthedocs-hosted.com/en"
COMMIT = (
    "https://github.com/aws-neuron/aws-neuron-sdk/blob/81ce03ae261e12925e53437a0f690478e6366155"
)

# a source, its address: those of the documentation are addresses of which public copies were found
ADDRESSES = [
    ("announcements/neuron2.x/announcement-end-of-support-pytorch-2-6.rst",
     "/v2.27.0/about-neuron/announcements/neuron2.x/announcement-end-of-support-pytorch-2-6.html"),
    ("announcements/neuron2.x/announce-maintenance-nxdi-nxd-core-inference.rst",
     "/v2.30.0/about-neuron/announcements/neuron2.x/announce-maintenance-nxdi-nxd-core-inference.html"),
    ("announcements/neuron1.x/announce-eol-pt-before-1-8.rst",
     "/v2.9.1/general/announcements/neuron1.x/announce-eol-pt-before-1-8.html"),
    ("release manifest, 2.25.0", "/v2.25.0/release-notes/releasecontent.html"),
    ("release 2.31.0", "/v2.31.0/release-notes/releasecontent.html"),
    ("release-notes/components/runtime.rst, 2.31.0: driver 2.29 needs runtime library 2.33 or newer",
     "/v2.31.0/release-notes/components/runtime.html"),
    ("release-notes/prev/2.26.0/nxd-inference.rst, 2.26.0, line 28",
     "/v2.26.0/release-notes/2.26.0/nxd-inference.html"),
    # No documentation of that release is known, or none that has the page.
    ("release-notes/prev/rn.rst, 2.21.0, line 479", "/release-notes/prev/rn.rst?plain=1#L479"),
    ("release-notes/components/runtime.rst, 2.24.0: on trn2", "/release-notes/components/runtime.rst"),
    ("release 2.15.0", "/src/helperscripts/n2-manifest.json"),
    # No release is named.
    ("release-notes/prev/content.rst", "/release-notes/prev/content.rst"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "address"), ADDRESSES)
def test_the_address_of_a_source(source: str, address: str) -> None:
    from neuron_pin.catalog.sources import find_source_url

    where = DOCUMENTATION if address.startswith("/v") else COMMIT
    assert find_source_url(source) == where + address


def test_an_address_is_given_for_known_pages_alone(catalog) -> None:
    from neuron_pin.catalog.model_classes import read_model_classes
    from neuron_pin.catalog.sources import _vendor_pages, find_source_url

    for event in (*catalog.events, *read_model_classes(catalog)):
        if ".rst" in event.source:
            url = find_source_url(event.source)
            assert url is not None, f"catalog/vendor_pages.json has no page for {event.source}"
            assert url.startswith((DOCUMENTATION, COMMIT))
    for page, versions in _vendor_pages()["documented"].items():
        name = page.rpartition("/")[2].removesuffix(".rst")
        for release, path in versions.items():
            assert release in catalog.dates
            assert path.endswith(f"/{name}.html")
    for piece in catalog.evidence:
        url = find_source_url(piece.source)
        assert url is not None
        if " at " in piece.source:
            repository, _, rest = piece.source.partition(", ")
            path, _, commit = rest.partition(" (")[0].partition(" at ")
            assert url == f"https://github.com/{repository}/blob/{commit}/{path}"
    for unknown in (
        "somebody/deep-learning-containers, Dockerfile at 315b77b",
        "announcements/neuron2.x/not-there.rst", "announcements/../README.md", "mail",
        "release manifest, 99.0.0", "release manifest", "index file:///srv", "",
    ):  # fmt: skip
        assert find_source_url(unknown) is None
    assert find_source_url("index https://a.invalid/simple") == "https://a.invalid/simple"
