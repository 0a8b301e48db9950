"""Newer facts from a feed: taken as a whole, or not at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import socket
import sys
import tarfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from conftest import FIXTURES, Keys, Run, failure, sample
from feed_world import (
    BUILD,
    FeedServer,
    make_facts,
    pack_feed,
    publish_feed,
    publish_repository,
    restate,
    served,
    state_sums,
)
from sources.http.test_access import authority

from neuron_pin.catalog import Catalog, choosing, load_catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.errors import NeuronPinError, SourceFailed, UnreadableInput, WrongUsage
from neuron_pin.operations.feed_failures import FeedFailed, OlderFeed
from neuron_pin.policy import Phase
from neuron_pin.sources.feed import archive, layout, reading, repository

__all__ = ["authority"]

PAGES = FIXTURES / "announcements"
MANIFEST = FIXTURES / "manifest" / "irregular.json"


@pytest.fixture
def server(authority: Path, tmp_path: Path) -> Iterator[FeedServer]:
    folder = tmp_path / "certificate"
    folder.mkdir()
    with served(authority, folder) as found:
        yield found


@pytest.fixture(autouse=True)
def nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own catalog is no part of a test."""
    monkeypatch.setattr(choosing, "MACHINE_CATALOG", str(tmp_path / "machine" / "catalog"))


@pytest.fixture
def key(keys: Keys, tmp_path: Path) -> Path:
    path = tmp_path / "key.asc"
    path.write_bytes(keys.export("neuron"))
    return path


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    return make_facts(tmp_path / "newer", announcements="2026-10-16")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def data(tmp_path: Path) -> dict[str, bytes]:
    return contents(tmp_path / "data")


# The project's own facts -------------------------------------------------------------------


def test_newer_facts_are_found_and_then_taken_and_then_nothing_is_newer(
    run: Run, server: FeedServer, keys: Keys, key: Path, newer: Path, tmp_path: Path
) -> None:
    publish_feed(server, pack_feed(newer), keys)
    options = server.options("--signed-by", key)
    assert run("catalog", "update", *options, "--check").code == 1
    assert data(tmp_path) == {}
    assert all("facts.tar.gz" not in path for path, _ in server.requests)
    done = run("catalog", "update", *options, "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["signed_by"] == keys.fingerprint("neuron")
    assert (document["newer"], document["written"], document["in_use"]) == (True, True, True)
    assert document["before"]["announcements"] == Catalog(EMBEDDED).announced.isoformat()
    assert document["after"]["announcements"] == "2026-10-16"
    assert load_catalog().announced == date(2026, 10, 16)
    assert contents(Path(load_catalog().folder)) == contents(newer)
    taken = data(tmp_path)
    for more, newer_ in ((("--check",), False), ((), False)):
        again = run("catalog", "update", *options, *more, "--format", "json")
        assert (again.code, json.loads(again.out)["newer"]) == (0, newer_)
    assert data(tmp_path) == taken
    assert run("catalog", "verify").code == 0


def test_what_has_not_changed_is_asked_about_and_not_sent_again(
    run: Run, server: FeedServer, keys: Keys, key: Path, newer: Path
) -> None:
    publish_feed(server, pack_feed(newer), keys)
    options = server.options("--signed-by", key)
    run("catalog", "update", *options)
    server.requests.clear()
    assert run("catalog", "update", *options, "--check").code == 0
    assert server.requests == [("/feed/SHA256SUMS", True)]


def test_facts_on_this_machine_need_a_key_too(
    run: Run, keys: Keys, key: Path, newer: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "feed"
    folder.mkdir()
    files = pack_feed(newer)
    for name, text in files.items():
        (folder / name).write_bytes(text)
    done = run("catalog", "update", "--feed", folder)
    failure(done, WrongUsage)
    failure(run("catalog", "update", "--feed", folder / "facts.tar.gz"), WrongUsage)
    (folder / "SHA256SUMS.asc").write_bytes(keys.sign(files["SHA256SUMS"], "neuron", detached=True))
    done = run("catalog", "update", "--feed", folder.as_uri(), "--signed-by", key)
    assert done.code == 0, done.err
    assert load_catalog().announced == date(2026, 10, 16)


def test_an_archive_alone_is_a_feed_with_its_own_signature(
    run: Run, server: FeedServer, keys: Keys, key: Path, newer: Path
) -> None:
    packed = pack_feed(newer)["facts.tar.gz"]
    server.answers["/facts.tar.gz"] = packed
    server.answers["/facts.tar.gz.asc"] = keys.sign(packed, "neuron", detached=True)
    options = ["--feed", f"{server.url}/facts.tar.gz", "--cert", server.ca, "--signed-by", key]
    assert run("catalog", "update", *options, "--check").code == 1
    assert run("catalog", "update", *options).code == 0
    assert run("catalog", "update", *options, "--check").code == 0
    server.answers["/facts.tar.gz"] = packed + b"x"
    server.answers["/facts.tar.gz.asc"] = keys.sign(packed + b"x", "other", detached=True)
    failure(run("catalog", "update", *options), FeedFailed)


def test_the_feed_and_its_key_are_settings_of_the_user_and_not_of_a_project(
    run: Run, server: FeedServer, keys: Keys, key: Path, newer: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    publish_feed(server, pack_feed(newer), keys)
    project = Path("pyproject.toml")
    project.write_text(f'[tool.neuron-pin]\nfeed = "{server.url}/feed"\n')
    failure(run("lock", "--offline", "--instance", "trn1"), UnreadableInput)
    project.write_text('[tool.neuron-pin]\nproxy = "http://127.0.0.1:9"\n')
    monkeypatch.setenv("NEURON_PIN_FEED", f"{server.url}/feed")
    monkeypatch.setenv("NEURON_PIN_SIGNED_BY", str(key))
    monkeypatch.setenv("NEURON_PIN_CERT", str(server.ca))
    assert run("catalog", "update").code == 0
    monkeypatch.setenv("NEURON_PIN_SIGNED_BY", str(key) + ".none")
    done = run("catalog", "verify", load_catalog().folder)
    failure(done, UnreadableInput)


# Feeds that change nothing -----------------------------------------------------------------


def publish_torn(server: FeedServer, files: dict, keys: Keys) -> None:
    publish_feed(server, files, keys)
    whole = files["facts.tar.gz"]

    def answer(handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(whole)))
        handler.end_headers()
        handler.wfile.write(whole[: len(whole) // 2])
        handler.close_connection = True

    server.answers["/feed/facts.tar.gz"] = answer


def publish_cut(server: FeedServer, files: dict, keys: Keys) -> None:
    half = {**files, "facts.tar.gz": files["facts.tar.gz"][: len(files["facts.tar.gz"]) // 2]}
    del half["SHA256SUMS"]
    publish_feed(server, state_sums(half), keys)


def publish_other_archive(server: FeedServer, files: dict, keys: Keys) -> None:
    texts = {}
    with tarfile.open(fileobj=io.BytesIO(files["facts.tar.gz"])) as whole:
        for member in whole:
            stream = whole.extractfile(member)
            assert stream is not None
            texts[member.name.partition("/")[2]] = stream.read().decode()
    # The same facts with other times: right but for the digest.
    publish_feed(server, {**files, "facts.tar.gz": BUILD["pack"](texts, 1)}, keys)


def publish_unsigned(server: FeedServer, files: dict, keys: Keys) -> None:
    publish_feed(server, files)


def publish_signed_by_another(server: FeedServer, files: dict, keys: Keys) -> None:
    publish_feed(server, files, keys, "other")


def publish_signed_otherwise(server: FeedServer, files: dict, keys: Keys) -> None:
    publish_feed(server, files, keys)
    server.answers["/feed/SHA256SUMS"] += b"0" * 64 + b"  more\n"


def publish_redirect(server: FeedServer, files: dict, keys: Keys) -> None:
    publish_feed(server, files, keys)

    def answer(handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1:9/SHA256SUMS")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answers["/feed/SHA256SUMS"] = answer


def publish_large(server: FeedServer, files: dict, keys: Keys) -> None:
    publish_feed(server, files, keys)
    server.answers["/feed/SHA256SUMS"] = b"0" * (reading.MAX_SUMS + 1)


def publish_large_head(server: FeedServer, files: dict, keys: Keys) -> None:
    large = {**files, "facts.json": files["facts.json"] + b" " * 70_000}
    del large["SHA256SUMS"]
    publish_feed(server, state_sums(large), keys)


def publish_no_head(server: FeedServer, files: dict, keys: Keys) -> None:
    other = {**files, "facts.json": b'{"version": 2}'}
    del other["SHA256SUMS"]
    publish_feed(server, state_sums(other), keys)


def publish_other_head(server: FeedServer, files: dict, keys: Keys) -> None:
    head = json.loads(files["facts.json"]) | {"announcements": "2027-01-01"}
    other = {**files, "facts.json": json.dumps(head).encode()}
    del other["SHA256SUMS"]
    publish_feed(server, state_sums(other), keys)


def publish_nothing(server: FeedServer, files: dict, keys: Keys) -> None:
    publish_feed(server, {}, None)


BAD_FEEDS = [
    publish_torn, publish_cut, publish_other_archive, publish_unsigned, publish_signed_by_another,
    publish_signed_otherwise, publish_redirect, publish_large, publish_large_head, publish_no_head,
    publish_other_head, publish_nothing,
]  # fmt: skip


@pytest.mark.parametrize("publish", BAD_FEEDS, ids=lambda f: f.__name__.partition("_")[2])
@pytest.mark.parametrize("before", sample(["embedded", "imported"], 2))
def test_a_feed_that_is_not_right_changes_nothing(
    run: Run, server: FeedServer, keys: Keys, key: Path, newer: Path, tmp_path: Path,
    publish: Callable, before: str,
) -> None:  # fmt: skip
    options = server.options("--signed-by", key)
    if before == "imported":
        facts = make_facts(tmp_path / "first", announcements="2026-09-01")
        publish_feed(server, pack_feed(facts), keys)
        assert run("catalog", "update", *options).code == 0
    kept = data(tmp_path)
    announced = load_catalog().announced
    publish(server, pack_feed(newer), keys)
    error = failure(run("catalog", "update", *options), FeedFailed)
    assert error.exit_code == 3
    assert error.in_use.announced == announced
    assert str(announced) in error.hint
    assert server.url in error.url
    assert data(tmp_path) == kept
    # What is not trusted is not cached: a right feed is taken after it.
    publish_feed(server, pack_feed(newer), keys)
    assert run("catalog", "update", *options).code == 0


def edit(name: str, change: Callable[[dict], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / name
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))
        restate(folder)

    return apply


def restate_with(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    restate(folder)


def restate_without(folder: Path, name: str) -> None:
    (folder / name).unlink()
    restate(folder)


BAD_FACTS = {
    "a release that never was": edit(
        "lifecycle.json", lambda d: d["events"][0].update(sdk="1.0.1", effective="2024-01-01")
    ),
    "a day that is none": edit("releases.json", lambda d: d["releases"][0].update(date="soon")),
    "no such file": lambda folder: restate_without(folder, "packages.json"),
    "another file than its sums state": lambda folder: (folder / "names.json").write_text("{}"),
    "a file that its sums do not state": lambda f: (f / "members" / "9.9.9.json").write_text("{}"),
    "another schema": edit("catalog.json", lambda d: d.update(schema=99)),
    "not JSON": lambda folder: restate_with(folder, "kernels.json", "{"),
}


@pytest.mark.parametrize("break_", BAD_FACTS.values(), ids=BAD_FACTS)
def test_facts_that_cannot_be_right_change_nothing(
    run: Run, server: FeedServer, keys: Keys, key: Path, newer: Path, tmp_path: Path, break_
) -> None:
    break_(newer)
    publish_feed(server, pack_feed(newer), keys)
    error = failure(run("catalog", "update", *server.options("--signed-by", key)), FeedFailed)
    assert str(tmp_path) not in error.message
    assert "/tmp" not in error.message
    assert data(tmp_path) == {}


def test_older_facts_are_refused_unless_they_are_allowed(
    run: Run, server: FeedServer, keys: Keys, key: Path, newer: Path, tmp_path: Path
) -> None:
    options = server.options("--signed-by", key)
    publish_feed(server, pack_feed(newer), keys)
    assert run("catalog", "update", *options).code == 0
    kept = data(tmp_path)
    older = make_facts(tmp_path / "older", announcements="2026-09-01")
    publish_feed(server, pack_feed(older), keys)
    error = failure(run("catalog", "update", *options), OlderFeed)
    assert error.exit_code == 3
    assert "--allow-older" in error.hint
    done = run("catalog", "update", *options, "--check", "--format", "json")
    document = json.loads(done.out)
    assert (done.code, document["newer"], document["older"]) == (0, False, True)
    assert data(tmp_path) == kept
    done = run("catalog", "update", *options, "--allow-older")
    assert done.code == 0, done.err
    assert load_catalog().announced == date(2026, 9, 1)


def test_older_than_the_embedded_facts_is_written_and_said_not_to_be_used(
    run: Run, server: FeedServer, keys: Keys, key: Path, tmp_path: Path
) -> None:
    facts = make_facts(tmp_path / "older", announcements="2026-01-01", date="2026-01-01")
    publish_feed(server, pack_feed(facts), keys)
    options = server.options("--signed-by", key, "--allow-older", "--format", "json")
    document = json.loads(run("catalog", "update", *options).out)
    assert (document["written"], document["in_use"]) == (True, False)


def test_an_unreachable_feed_names_the_facts_that_are_used(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(run("catalog", "update", "--feed", f"https://127.0.0.1:{port}/f"), FeedFailed)
    assert (error.exit_code, error.in_use.version) == (3, Catalog(EMBEDDED).version)
    assert data(tmp_path) == {}


def test_a_server_whose_certificate_is_not_trusted(
    run: Run, server: FeedServer, keys: Keys, key: Path, newer: Path
) -> None:
    publish_feed(server, pack_feed(newer), keys)
    done = run("catalog", "update", "--feed", f"{server.url}/feed", "--signed-by", key)
    assert "certificate" in failure(done, FeedFailed).problem
    assert server.requests == []


NO_FEEDS = ["http://127.0.0.1/feed", "ftp://mirror.example/", "https:///feed", "", "https://[x/"]


@pytest.mark.parametrize("feed", NO_FEEDS)
def test_addresses_that_are_no_feed(run: Run, feed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not feed:
        monkeypatch.setenv("NEURON_PIN_FEED", " ")
    failure(run("catalog", "update", *(["--feed", feed] if feed else [])), WrongUsage)


def test_a_name_and_a_password_go_to_the_feed_and_nowhere_else(
    run: Run, server: FeedServer, mirror: Path, tmp_path: Path
) -> None:
    files = state_sums(files_of(mirror))
    asked = []

    def guard(data_: bytes) -> Callable:
        def answer(handler) -> None:
            asked.append(handler.headers.get("Authorization"))
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data_)))
            handler.end_headers()
            handler.wfile.write(data_)

        return answer

    for name, text in files.items():
        server.answers[f"/feed/{name}"] = guard(text)
    where = server.url.replace("https://", "https://me:s3cret@") + "/feed"
    done = run("catalog", "update", "--feed", where, "--cert", server.ca)
    assert done.code == 0, done.err
    assert set(asked) == {"Basic bWU6czNjcmV0"}
    assert "s3cret" not in done.out + done.err
    kept = [*contents(tmp_path / "cache").values(), *data(tmp_path).values()]
    assert kept
    assert not any(b"s3cret" in text for text in kept)


# Archives ----------------------------------------------------------------------------------


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    data_ = io.BytesIO()
    with tarfile.open(fileobj=data_, mode="w:gz") as whole:
        for member, text in members:
            member.size = len(text)
            whole.addfile(member, io.BytesIO(text))
    return data_.getvalue()


def named(name: str, **changes: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    for field, value in changes.items():
        setattr(member, field, value)
    return member


PAGE = b".. post:: October 1, 2026\n\nA title\n=======\n\nText.\n"
ARCHIVES = {
    "a symbolic link": packed((named("announcements/a.rst", type=tarfile.SYMTYPE, linkname="/etc/passwd"), b"")),
    "a hard link": packed((named("announcements/a.rst", type=tarfile.LNKTYPE, linkname="b"), b"")),
    "a device": packed((named("n2-manifest.json", type=tarfile.CHRTYPE), b"")),
    "a path that leads out": packed((named("announcements/../../../a.rst"), PAGE)),
    "an absolute path": packed((named("/announcements/a.rst"), PAGE)),
    "a file twice": packed((named("announcements/a.rst"), PAGE), (named("announcements/a.rst"), PAGE)),
    "one in two places": packed((named("x/n2-manifest.json"), b"{}"), (named("n2-manifest.json"), b"{}")),
    "too large a page": packed((named("announcements/a.rst"), b" " * (1024 * 1024 + 1))),
    "a file below a file": packed((named("announcements/a.rst"), PAGE), (named("announcements/a.rst/b.rst"), PAGE)),
    "nothing": packed((named("README.rst"), PAGE)),
    "no archive": b"x" * 2000,
    "no tar": gzip.compress(b"x" * 2000),
    "cut off": packed((named("announcements/a.rst"), PAGE))[:-9],
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_writes_nothing_elsewhere_and_takes_no_links(
    run: Run, server: FeedServer, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What leads out of a scratch folder would be found here.
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    server.answers["/vendor.tar.gz"] = ARCHIVES[name]
    before = sorted(tmp_path.rglob("*"))
    where = f"{server.url}/vendor.tar.gz"
    failure(run("catalog", "update", "--feed", where, "--cert", server.ca), FeedFailed)
    failure(run("catalog", "import", where, "--cert", server.ca), SourceFailed)
    (tmp_path / "vendor.tar.gz").write_bytes(ARCHIVES[name])
    failure(run("catalog", "update", "--feed", tmp_path / "vendor.tar.gz"), FeedFailed)
    found = {path for path in tmp_path.rglob("*") if not path.is_dir()} - set(before)
    assert not [p for p in found if "cache" not in p.parts and p.name != "vendor.tar.gz"]


@pytest.mark.parametrize(
    "bounds", [archive.Bounds(100, 10**9), archive.Bounds(10**9, 5000)], ids=["packed", "unpacked"]
)
def test_an_archive_that_is_larger_than_allowed(
    run: Run, server: FeedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bounds
) -> None:
    for name in ("FETCHED", "LOCAL"):
        monkeypatch.setattr(archive, name, bounds)
    whole = packed(*((named(f"announcements/{n}.rst"), PAGE + os.urandom(300)) for n in range(9)))
    server.answers["/vendor.tar.gz"] = whole
    (tmp_path / "vendor.tar.gz").write_bytes(whole)
    for feed in (f"{server.url}/vendor.tar.gz", tmp_path / "vendor.tar.gz"):
        error = failure(run("catalog", "update", "--feed", feed, "--cert", server.ca), FeedFailed)
        assert "more than" in error.problem


@pytest.mark.parametrize("name", ["MAX_MEMBERS", "MAX_KEPT", "MAX_FILES"])
def test_an_archive_of_too_many_files(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(archive, name, 2)
    pages = ((named(f"announcements/{number}.rst"), PAGE) for number in range(3))
    (tmp_path / "vendor.tar.gz").write_bytes(packed(*pages))
    failure(run("catalog", "update", "--feed", tmp_path / "vendor.tar.gz"), FeedFailed)


# The vendor's files ------------------------------------------------------------------------


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A folder as the vendor's repository is, with pages that are newer than the facts."""
    folder = tmp_path / "mirror"
    (folder / "src/helperscripts").mkdir(parents=True)
    shutil.copy(MANIFEST, folder / "src/helperscripts/n2-manifest.json")
    shutil.copytree(PAGES, folder / "about-neuron/announcements")
    manifest = json.loads(MANIFEST.read_text())
    write_manifest(folder, manifest)
    return folder


def write_manifest(folder: Path, manifest: dict) -> None:
    """A manifest whose releases are those of the fixture, later than every known one."""
    for number, release in enumerate(manifest["neuron_releases"]):
        release["neuron_version"] = release.get("neuron_version", "") and f"2.34.{number}"
    manifest["manifest_date"] = "12/03/2026"
    (folder / "src/helperscripts/n2-manifest.json").write_text(json.dumps(manifest))


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_vendors_repository_is_read_from_github(
    run: Run, server: FeedServer, mirror: Path
) -> None:
    publish_repository(server, {**files_of(mirror), "README.rst": b"x"}, "a" * 40)
    # The feed that is asked where none is named.
    options = ["--proxy", server.proxy, "--cert", server.ca]
    assert run("catalog", "update", *options, "--check").code == 1
    done = run("catalog", "update", *options, "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["import"]["new_releases"][-1].startswith("2.34.")
    assert document["import"]["events"]
    assert "a" * 12 in load_catalog().source
    assert not [path for path, _ in server.requests if "README" in path]
    server.requests.clear()
    assert run("catalog", "update", *options).code == 0
    assert server.requests == [
        ("api.github.com/repos/aws-neuron/aws-neuron-sdk/commits/HEAD", True)
    ]
    # Of another commit only what is new is fetched: pages are known by what is in them.
    page = mirror / "about-neuron/announcements/neuron2.x/another.rst"
    page.write_bytes(PAGE)
    publish_repository(server, files_of(mirror), "b" * 40)
    server.requests.clear()
    assert run("catalog", "update", *options).code == 0
    pages = [path for path, _ in server.requests if path.endswith(".rst")]
    assert [path.rpartition("/")[2] for path in pages] == ["another.rst"]


NOTES = b"""What's new
==========

AWS Neuron SDK 2.34.0: more
---------------------------

**Posted on**: December 3, 2026

nrtpy is now out of Beta and Stable.
"""


@pytest.mark.parametrize("kind", ["repository", "clone", "archive"])
def test_phases_come_from_the_release_notes_of_a_feed(
    run: Run, server: FeedServer, mirror: Path, tmp_path: Path, kind: str
) -> None:
    (mirror / "about-neuron/whats-new.rst").write_bytes(NOTES)
    options: list[object] = ["--feed", mirror]
    if kind == "repository":
        publish_repository(server, files_of(mirror), "a" * 40)
        options = ["--proxy", server.proxy, "--cert", str(server.ca)]
    elif kind == "archive":
        path = tmp_path / "vendor.tar.gz"
        path.write_bytes(packed(*((named(name), text) for name, text in files_of(mirror).items())))
        options = ["--feed", str(path)]
    done = run("catalog", "update", *options)
    assert done.code == 0, done.err
    (event,) = [e for e in load_catalog().events if e.name == "nrtpy" and e.sdk == "2.34.0"]
    assert (event.phase, event.source) == (
        Phase.STABLE, "about-neuron/whats-new.rst, 2.34.0, line 9",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        (layout, "MAX_KEPT", "repository"),
        (layout, "MAX_KEPT", "mirror"),
        (repository, "MAX_FILES", "repository"),
        (reading, "MAX_FILES", "mirror"),
    ],
)
def test_files_that_are_more_than_allowed_together(
    run: Run,
    server: FeedServer,
    mirror: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    name: str,
    kind: str,
) -> None:
    """Each of them is small enough."""
    monkeypatch.setattr(module, name, 2)
    options = ["--proxy", server.proxy, "--cert", server.ca]
    publish_repository(server, files_of(mirror), "a" * 40)
    if kind == "mirror":
        files = state_sums({f"./{path}": text for path, text in files_of(mirror).items()})
        (mirror / "SHA256SUMS").write_bytes(files["SHA256SUMS"])
        options = ["--feed", str(mirror)]
    error = failure(run("catalog", "update", *options), FeedFailed)
    assert "more than 2" in error.problem
    assert data(tmp_path) == {}


REPOSITORIES: dict[str, dict[str, dict]] = {
    "another page than its digest": {"news": {"sha": "0" * 40}},
    "another manifest than its digest": {"n2-manifest": {"sha": "0" * 64}},
    "a symbolic link": {"news": {"mode": "120000"}},
    "a folder": {"news": {"type": "tree"}},
    "no digest": {"news": {"sha": None}},
    "half of a list": {"document": {"truncated": True}},
    "no list": {"document": {"tree": {}}},
    "a path that leads out": {"news": {"path": "about-neuron/announcements/../../../x.rst"}},
}


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_repository_that_is_not_right_changes_nothing(
    run: Run, server: FeedServer, mirror: Path, tmp_path: Path, name: str
) -> None:
    publish_repository(server, files_of(mirror), "a" * 40, **REPOSITORIES[name])
    options = ["--proxy", server.proxy, "--cert", server.ca]
    failure(run("catalog", "update", *options), FeedFailed)
    failure(run("catalog", "update", *options, "--check"), FeedFailed)
    assert data(tmp_path) == {}


def test_a_repository_has_no_signature(run: Run, server: FeedServer, key: Path) -> None:
    options = ["--proxy", server.proxy, "--cert", server.ca, "--signed-by", key]
    failure(run("catalog", "update", *options), FeedFailed)
    assert server.requests == []


@pytest.mark.parametrize("kind", ["folder", "archive", "listed", "served", "signed"])
def test_a_mirror_is_a_folder_or_an_archive_with_or_without_list(
    run: Run, server: FeedServer, mirror: Path, keys: Keys, key: Path, tmp_path: Path, kind: str
) -> None:
    feed: object = mirror
    options: list[object] = ["--cert", server.ca]
    if kind == "archive":
        feed = tmp_path / "mirror.tar.gz"
        with tarfile.open(feed, "w:gz") as whole:
            whole.add(mirror, "aws-neuron-sdk-main")
    elif kind != "folder":
        files = state_sums({f"./{name}": text for name, text in files_of(mirror).items()})
        if kind == "listed":
            (mirror / "SHA256SUMS").write_bytes(files["SHA256SUMS"])
        else:
            publish_feed(server, {name.removeprefix("./"): d for name, d in files.items()}, keys)
            feed = f"{server.url}/feed"
            options += ["--signed-by", key] if kind == "signed" else []
    assert run("catalog", "update", "--feed", feed, *options, "--check").code == 1
    done = run("catalog", "update", "--feed", feed, *options)
    assert done.code == 0, done.err
    assert load_catalog().version.startswith("2.34.")
    assert run("catalog", "update", "--feed", feed, *options, "--check").code == 0


def test_a_mirror_without_what_was_asked_for(
    run: Run, mirror: Path, key: Path, tmp_path: Path
) -> None:
    failure(run("catalog", "update", "--feed", mirror, "--signed-by", key), FeedFailed)
    (mirror / "SHA256SUMS").write_text(f"{'0' * 64}  src/helperscripts/n2-manifest.json\n")
    failure(run("catalog", "update", "--feed", mirror), FeedFailed)
    (mirror / "SHA256SUMS").write_text("nothing\n")
    failure(run("catalog", "update", "--feed", mirror), FeedFailed)
    empty = tmp_path / "empty"
    empty.mkdir()
    failure(run("catalog", "update", "--feed", empty), FeedFailed)
    failure(run("catalog", "update", "--feed", tmp_path / "nowhere"), FeedFailed)
    assert data(tmp_path) == {}


def test_without_docutils_nothing_is_taken_by_half(
    run: Run, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "docutils", None)
    assert "docutils" in failure(run("catalog", "update", "--feed", mirror), WrongUsage).message
    assert data(tmp_path) == {}


def test_an_older_manifest_is_refused(run: Run, mirror: Path) -> None:
    shutil.copy(MANIFEST, mirror / "src/helperscripts/n2-manifest.json")
    manifest = json.loads(MANIFEST.read_text())
    for number, release in enumerate(manifest["neuron_releases"]):
        release["neuron_version"] = f"2.3.{number}"
    (mirror / "src/helperscripts/n2-manifest.json").write_text(json.dumps(manifest))
    failure(run("catalog", "update", "--feed", mirror), OlderFeed)
    assert run("catalog", "update", "--feed", mirror, "--check").code == 0


def repeat(manifest: dict) -> None:
    manifest["neuron_releases"].append(dict(manifest["neuron_releases"][0]))


MANIFESTS = {
    "a release twice": (repeat, "listed twice"),
    "a component without a version": (
        lambda m: m["neuron_releases"][0]["packages"][0].pop("version"), "has no 'version'",
    ),
    "a version that is none": (
        lambda m: m["neuron_releases"][0]["packages"][0].update(version=None), "'version'",
    ),
    "a release without packages": (
        lambda m: m["neuron_releases"][0].update(packages=[]), "no packages",
    ),
    "no releases": (lambda m: m.update(neuron_releases=[]), "neuron_releases"),
    "no date": (lambda m: m.pop("manifest_date"), "manifest_date"),
}  # fmt: skip


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_cannot_be_right_is_not_imported_by_half(
    run: Run, server: FeedServer, mirror: Path, tmp_path: Path, name: str
) -> None:
    change, told = MANIFESTS[name]
    path = mirror / "src/helperscripts/n2-manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    error: NeuronPinError = failure(run("catalog", "update", "--feed", mirror), FeedFailed)
    assert told in error.message
    assert "n2-manifest.json" in error.message
    # And so is what is imported: from the disk, and from an address.
    error = failure(run("catalog", "import", path), UnreadableInput)
    assert told in error.message
    server.answers["/n2-manifest.json"] = path.read_bytes()
    where = f"{server.url}/n2-manifest.json"
    error = failure(run("catalog", "import", where, "--cert", server.ca), SourceFailed)
    assert (told in error.message, where in error.message) == (True, True)
    assert data(tmp_path) == {}


# Import of addresses, and where facts are ----------------------------------------------------


def test_addresses_are_imported_as_files_are(
    run: Run, server: FeedServer, mirror: Path, keys: Keys, key: Path, tmp_path: Path
) -> None:
    path = mirror / "src/helperscripts/n2-manifest.json"
    assert (
        run(
            "catalog", "import", path.as_uri(), (mirror / "about-neuron/announcements").as_uri()
        ).code
        == 0
    )
    by_file = data(tmp_path)
    shutil.rmtree(tmp_path / "data")
    server.answers["/n2-manifest.json"] = path.read_bytes()
    where = f"{server.url}/n2-manifest.json"
    pages = mirror / "about-neuron/announcements"
    assert run("catalog", "import", where, pages, "--cert", server.ca).code == 0
    assert data(tmp_path) == by_file
    shutil.rmtree(tmp_path / "data")
    failure(run("catalog", "import", where, "--cert", server.ca, "--signed-by", key), SourceFailed)
    signature = keys.sign(path.read_bytes(), "other", detached=True)
    server.answers["/n2-manifest.json.asc"] = signature
    failure(run("catalog", "import", where, "--cert", server.ca, "--signed-by", key), SourceFailed)
    assert data(tmp_path) == {}
    server.answers["/n2-manifest.json.asc"] = keys.sign(path.read_bytes(), "neuron", detached=True)
    assert run("catalog", "import", where, "--cert", server.ca, "--signed-by", key).code == 0


def test_the_projects_own_facts_are_no_import(run: Run, newer: Path, tmp_path: Path) -> None:
    (tmp_path / "facts.tar.gz").write_bytes(pack_feed(newer)["facts.tar.gz"])
    failure(run("catalog", "import", tmp_path / "facts.tar.gz"), WrongUsage)


def test_the_machines_catalog_counts_for_everybody(
    run: Run, server: FeedServer, keys: Keys, key: Path, newer: Path, tmp_path: Path
) -> None:
    publish_feed(server, pack_feed(newer), keys)
    options = server.options("--signed-by", key, "--into", choosing.MACHINE_CATALOG)
    assert run("catalog", "update", *options).code == 0
    assert load_catalog().folder == choosing.MACHINE_CATALOG
    assert run("catalog", "update", *options, "--check").code == 0
    # A later one of the user's counts more.
    own = make_facts(tmp_path / "own", announcements="2026-11-01")
    publish_feed(server, pack_feed(own), keys)
    assert run("catalog", "update", *server.options("--signed-by", key)).code == 0
    assert load_catalog().folder == choosing.user_catalog()


def test_the_feed_is_built_reproducibly_and_signed(
    run: Run, keys: Keys, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = BUILD["main"]
    monkeypatch.setenv("GNUPGHOME", keys.home)
    one, two = tmp_path / "one", tmp_path / "two"
    assert main(["--folder", str(one), "--revision", "1"]) == 0
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    assert main(["--folder", str(two), "--revision", "1", "--key", "neuron@test.invalid"]) == 0
    signed = contents(two)
    assert {"SHA256SUMS.asc", "facts.tar.gz.asc"} == set(signed) - set(contents(one))
    assert contents(one) == {name: signed[name] for name in contents(one)}
    # The same day as the embedded facts, and one revision later.
    assert run("catalog", "update", "--feed", two, "--signed-by", key).code == 0
    assert load_catalog().age > Catalog(EMBEDDED).age
    assert main(["--folder", str(two), "--key", "nobody@test.invalid"]) == 2
