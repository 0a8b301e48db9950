"""What indexes tell, and what becomes of it where they do not."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import publish, wheel

from neuron_pin.policy import Ecosystem
from neuron_pin.verify import index as index_module
from neuron_pin.verify import neuron
from neuron_pin.verify.addresses import is_same_index, normalize_address
from neuron_pin.verify.metadata import (
    MAX_METADATA,
    Unreadable,
    metadata_of_wheel,
    parse_metadata,
)
from neuron_pin.verify.pages import NotAPage, parse_page
from neuron_pin.verify.transport import Access, Transport, Unreachable, open_regular

from .world import World, row_of, set_page, shared_world, take_world


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[World]:
    with shared_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def world(shared: World, tmp_path: Path) -> Iterator[World]:
    with take_world(shared, tmp_path) as world:
        yield world


def verified(run, world: World, *arguments: object) -> tuple[int, dict[str, Any]]:
    done = run("verify", world.path, *arguments, "--format", "json")
    assert done.out, done.err
    return done.code, json.loads(done.out)


def gaps(document: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in document["not_verified"]:
        found.setdefault(row["reason"], set()).add(row["package"]["name"])
    return found


# What is not told --------------------------------------------------------------------------


def test_offline_the_lock_alone_is_judged_and_the_rest_is_said(run, world) -> None:
    asked = len(world.public.requests) + len(world.neuron.requests)
    code, document = verified(run, world, "--offline")
    assert (code, document["verified"], document["problems"]) == (0, 0, [])
    assert gaps(document)["system-package"] == {"aws-neuronx-tools"}
    assert len(gaps(document)["offline"]) == document["packages"] - 1
    assert len(world.public.requests) + len(world.neuron.requests) == asked


def test_the_indexes_that_were_asked_are_named(run, world) -> None:
    wanted = sorted((f"{world.public.url}/simple/", f"{world.neuron.url}/simple/"))
    _, document = verified(run, world)
    assert [url.rstrip("/") for url in document["asked"]] == [url.rstrip("/") for url in wanted]
    assert all(url in run("verify", world.path).out for url in document["asked"])
    assert verified(run, world, "--offline")[1]["asked"] == []


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_source_that_fails_is_exit_code_3_and_no_problem(run, world, status: int) -> None:
    world.public.answers["/simple/second/"] = (status, {}, b"no")
    code, document = verified(run, world)
    assert (code, document["problems"]) == (3, [])
    assert gaps(document)["unreachable"] == {"second"}
    text = run("verify", world.path).out
    assert "1 not verified" in text.splitlines()[0] or "2 not verified" in text.splitlines()[0]
    assert f"status {status}" in text


def test_what_an_unread_package_needs_is_not_called_needless(run, world) -> None:
    world.public.answers["/simple/extra/"] = (500, {}, b"no")
    code, document = verified(run, world)
    assert (code, document["problems"]) == (3, [])
    assert gaps(document)["unknown-need"] == {"fourth"}


def test_a_problem_weighs_more_than_a_source_that_fails(run, world) -> None:
    world.public.answers["/simple/second/"] = (500, {}, b"no")
    assert verified(run, world, "other")[0] == 1


def test_an_unreachable_host_is_told_without_credentials(run, world) -> None:
    code, document = verified(run, world, "--index-url", "http://me:secret@127.0.0.1:9/simple")
    assert code == 3
    assert "secret" not in json.dumps(document)


@pytest.mark.parametrize(
    "page", [b"{", b'{"files": 1}', b'{"files": [], "meta": {"api-version": "2.0"}}'], ids=repr
)
def test_a_page_that_is_none_is_a_source_that_fails(run, world, page: bytes) -> None:
    world.public.answers["/simple/second/"] = (200, {}, page)
    code, document = verified(run, world)
    assert (code, gaps(document)["unreachable"]) == (3, {"second"})


def test_a_marker_or_a_file_that_depends_on_the_patch_is_said(run, world) -> None:
    page = json.loads(world.public.answers["/simple/second/"][2])
    rows = [{**row, "requires-python": ">=3.11.4"} for row in page["files"]]
    set_page(world.public, "second", {**page, "files": rows})
    code, document = verified(run, world)
    assert (code, gaps(document)["unknown-python"]) == (0, {"second"})
    assert "unknown-python" not in gaps(verified(run, world, "--python", "3.11.9")[1])
    code, document = verified(run, world, "--python", "3.11.2")
    assert (code, [row["check"] for row in document["problems"]]) == (1, ["requires-python"])


def test_a_requirement_that_nobody_can_read_is_said(run, world) -> None:
    publish(world.neuron, {"torch-neuronx": [
        ("2.9.0.2.15.32035+de43f57c", ("torch==2.9.*", "libneuronxla (<3.0,>2.0.x)"))
    ]}, as_json=False)  # fmt: skip
    row = row_of(world.document, "torch-neuronx")
    row["files"][0].pop("size")
    row["files"][0]["hashes"] = {}
    world.path.write_text(json.dumps(world.document))
    code, document = verified(run, world)
    assert (code, document["problems"]) == (0, [])
    assert gaps(document)["unreadable-requirement"] == {"torch-neuronx"}
    assert gaps(document)["no-hash"] == {"torch-neuronx"}


def test_a_yanked_version_is_for_those_who_ask_for_it(run, world) -> None:
    page = json.loads(world.public.answers["/simple/second/"][2])
    set_page(
        world.public, "second", {**page, "files": [{**r, "yanked": "x"} for r in page["files"]]}
    )
    assert verified(run, world)[1]["problems"][0]["check"] == "yanked"
    assert verified(run, world, "second==2.0")[1]["problems"] == []
    # Of what a file asked for the lock does not record how.
    row_of(world.document, "second")["via"].append("reqs.txt:1")
    world.path.write_text(json.dumps(world.document))
    code, document = verified(run, world)
    assert (code, gaps(document)["unrecorded-request"]) == (0, {"second"})


# Mirrors -----------------------------------------------------------------------------------


def test_a_mirror_takes_the_place_of_the_recorded_index(run, world, serve) -> None:
    mirror = serve()
    for address, answer in world.public.answers.items():
        mirror.answers[address] = answer
    world.public.answers.clear()
    assert verified(run, world)[0] == 1
    for arguments in ((), ("--files",)):
        code, document = verified(run, world, "--index-url", f"{mirror.url}/simple", *arguments)
        assert (code, document["problems"]) == (0, [])
        assert document["verified"] == document["packages"] - 1
    mirror.answers["/simple/second/"] = world.neuron.answers["/simple/libneuronxla/"]
    assert verified(run, world, "--index-url", f"{mirror.url}/simple")[0] == 1


def test_a_folder_of_files_is_read_and_nothing_beside_it(run, tmp_path, monkeypatch) -> None:
    links = tmp_path / "links"
    links.mkdir()
    (links / "a-1.0-py3-none-any.whl").write_bytes(wheel("a", "1.0", ("b",)))
    (links / "b-1.0-py3-none-any.whl").write_bytes(wheel("b", "1.0"))
    done = run("lock", "a", "--no-index", "--find-links", links, "--python", "3.11",
               "--generate-hashes", "-q", "-o", "lock.json")  # fmt: skip
    assert done.code == 0, done.err
    for arguments in ((), ("--files",)):
        done = run("verify", "lock.json", *arguments, "--format", "json")
        assert (done.code, json.loads(done.out)["problems"]) == (0, [])
    assert json.loads(done.out)["verified"] == 2
    document = json.loads(Path("lock.json").read_text())
    file = row_of(document, "b")["files"][0]
    file["url"] = (tmp_path / "b-1.0-py3-none-any.whl").as_uri()
    Path("lock.json").write_text(json.dumps(document))
    opened: list[str] = []
    real = open_regular

    def recording(path: str) -> Any:
        opened.append(path)
        return real(path)

    monkeypatch.setattr(index_module, "open_regular", recording)
    done = run("verify", "lock.json", "--files", "--format", "json")
    assert [row["check"] for row in json.loads(done.out)["problems"]] == ["unlisted-file"]
    assert all(Path(path).parent == links for path in opened)


def test_a_pylock_with_files_beside_it(run) -> None:
    data = wheel("a", "1.0")
    Path("wheels").mkdir()
    Path("wheels/a-1.0-py3-none-any.whl").write_bytes(data)
    text = (
        'lock-version = "1.0"\ncreated-by = "x"\nrequires-python = ">=3.11,<3.12"\n'
        '[[packages]]\nname = "a"\nversion = "1.0"\n[[packages.wheels]]\n'
        'path = "wheels/a-1.0-py3-none-any.whl"\nhashes = {sha256 = "%s"}\n'
    )
    Path("pylock.toml").write_text(text % hashlib.sha256(data).hexdigest())
    assert run("verify", "pylock.toml", "--files").code == 0
    Path("pylock.toml").write_text(text % ("0" * 64))
    done = run("verify", "pylock.toml", "--files")
    assert done.code == 1
    assert "packages[0].wheels[0].hashes.sha256: hash-mismatch" in done.out


def test_a_pylock_of_the_same_lock_is_right_and_its_corruption_is_not(run, world) -> None:
    done = run(
        "lock", "first", "--index-url", f"{world.public.url}/simple", "--neuron-index-url",
        f"{world.neuron.url}/simple", "--python", "3.11", "-q", "-o", "pylock.toml",
    )  # fmt: skip
    assert done.code == 0, done.err
    done = run("verify", "pylock.toml", "--files", "--format", "json")
    document = json.loads(done.out)
    assert (done.code, document["problems"]) == (0, [])
    assert document["verified"] == document["packages"] == 5
    text = Path("pylock.toml").read_text()
    digest = json.loads(world.public.answers["/simple/second/"][2])["files"][1]["hashes"]["sha256"]
    Path("pylock.toml").write_text(text.replace(digest, "0" * 64))
    assert "hash-mismatch" in run("verify", "pylock.toml").out
    Path("pylock.toml").write_text(
        text.replace('name = "fourth"', 'name = "fifth"').replace("fourth-", "fifth-")
    )
    assert "missing-requirement" in run("verify", "pylock.toml").out


# Neuron's index ----------------------------------------------------------------------------


def test_what_is_neurons_is_what_the_catalog_says(catalog) -> None:
    assert catalog.repositories.pip == neuron.INDEX
    kinds = {"extension", "standalone"}
    assert set(neuron.KINDS) == kinds
    assert {
        name
        for name, package in catalog.packages.items()
        if Ecosystem.PIP in package.systems and package.kind.value in kinds
    } == neuron.NAMES
    # What the public index may have, too, is of no such kind.
    assert not {n for n, p in catalog.packages.items() if p.public_from} & neuron.NAMES


def test_a_placeholder_is_told_whatever_else_is_from_there(run, world) -> None:
    """Its address, hash and size are those of the public index."""
    page = json.loads(world.public.answers["/simple/torch-neuronx/"][2])
    for name in ("torch-neuronx", "neuronx-cc", "libneuronxla"):
        row = row_of(world.document, name)
        row["index"] = f"{world.public.url}/simple"
    row = row_of(world.document, "torch-neuronx")
    file = page["files"][0]
    row.update(version="1000.0", pin="==1000.0")
    row["files"] = [{"url": world.public.url + file["url"], "hashes": file["hashes"]}]
    world.path.write_text(json.dumps(world.document))
    place = f"packages[{world.document['packages'].index(row)}].index"
    for arguments in ((), ("--offline",), ("-i", f"{world.public.url}/simple")):
        code, document = verified(run, world, *arguments)
        assert code == 1
        assert ("other-index", place) in {(p["check"], p["place"]) for p in document["problems"]}


def test_a_mirror_of_neurons_index_is_named_by_somebody(run, world, monkeypatch) -> None:
    option = f"--neuron-index-url {world.neuron.url}/simple"
    assert option in world.document["command"]
    for command in (option, option.replace("url ", "url="), option.replace("index-url", "i")):
        world.document["command"] = world.document["command"].replace(option, command)
        option = command
        world.path.write_text(json.dumps(world.document))
        assert verified(run, world)[0] == 0
    world.document["command"] = world.document["command"].replace(option, "")
    world.path.write_text(json.dumps(world.document))
    code, document = verified(run, world)
    assert (code, {row["check"] for row in document["problems"]}) == (1, {"other-index"})
    assert verified(run, world, "--neuron-index-url", f"{world.neuron.url}/simple/")[0] == 0
    monkeypatch.setenv("NEURON_PIN_NEURON_INDEX_URL", f"{world.neuron.url}/simple")
    assert verified(run, world)[0] == 0


# Addresses ---------------------------------------------------------------------------------

EQUAL = [
    ("https://index.invalid/a", "HTTPS://Index.Invalid:443/a"),
    ("http://index.invalid/a", "http://index.invalid:80/a#sha256=00"),
    ("https://index.invalid/a-1%2B2", "https://index.invalid/%61-1%2b2"),
    ("file:///a", "file://localhost/a"),
]
UNEQUAL = [
    ("https://index.invalid/a", "http://index.invalid/a"),
    ("https://index.invalid/a", "https://index.invalid:444/a"),
    ("https://index.invalid/a", "https://index.invalid/A"),
    ("https://index.invalid/a", "https://index.invalid/a?b"),
    ("https://index.invalid/a/b", "https://index.invalid/a%2Fb"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_addresses_that_name_the_same_are_equal(one: str, other: str) -> None:
    assert normalize_address(one) == normalize_address(other)
    assert is_same_index(one, f"{other.partition('#')[0]}/")


@pytest.mark.parametrize(("one", "other"), UNEQUAL)
def test_addresses_that_name_others_are_not(one: str, other: str) -> None:
    assert normalize_address(one) != normalize_address(other)


def test_another_spelling_of_an_address_is_no_fault_and_another_address_is_shown(run, world):
    file = row_of(world.document, "second")["files"][0]
    url = file["url"]
    file["url"] = url.replace("http://", "HTTP://").replace("/second", "/%73econd") + "#x"
    world.path.write_text(json.dumps(world.document))
    assert verified(run, world)[0] == 0
    assert verified(run, world, "--files")[0] == 0
    file["url"] = url.replace("/files/", "/elsewhere/")
    world.path.write_text(json.dumps(world.document))
    message = verified(run, world)[1]["problems"][0]["message"]
    assert file["url"] in message
    assert url in message


def test_a_lock_without_a_command_does_not_say_what_was_asked_for(run, world) -> None:
    world.document["command"] = ""
    world.path.write_text(json.dumps(world.document))
    code, document = verified(run, world, "--neuron-index-url", f"{world.neuron.url}/simple")
    assert (code, document["problems"]) == (0, [])
    assert "first" in gaps(document)["unrecorded-request"]


# Files -------------------------------------------------------------------------------------


def replaced(world: World, data: bytes) -> None:
    """Another file of ``second``, with all that is stated of it."""
    world.public.answers["/files/second-2.0-py3-none-any.whl"] = (200, {}, data)
    digest = hashlib.sha256(data).hexdigest()
    page = json.loads(world.public.answers["/simple/second/"][2])
    rows = [{**row, "hashes": {"sha256": digest}} for row in page["files"]]
    set_page(world.public, "second", {**page, "files": rows})
    file = row_of(world.document, "second")["files"][0]
    file["hashes"], file["size"] = {"sha256": digest}, len(data)
    world.path.write_text(json.dumps(world.document))


def test_metadata_of_another_package_is_a_problem(run, world) -> None:
    other = wheel("second", "2.1", ("extra<2",)).replace(b"second-2.1", b"second-2.0")
    replaced(world, other)
    for arguments in ((), ("--files",)):
        code, document = verified(run, world, *arguments)
        assert code == 1
        assert {row["check"] for row in document["problems"]} == {"metadata-mismatch"}


def test_served_metadata_has_to_be_that_of_the_file(run, world) -> None:
    page = json.loads(world.public.answers["/simple/second/"][2])
    served = b"Name: second\nVersion: 2.0\nRequires-Dist: extra<2\nRequires-Dist: fourth\n\n"
    digest = hashlib.sha256(served).hexdigest()
    for stated, reason in (
        (True, ""),
        ({"sha256": digest}, ""),
        ({"sha256": "0" * 64}, "no-metadata"),
    ):
        rows = [{**row, "core-metadata": stated} for row in page["files"]]
        set_page(world.public, "second", {**page, "files": rows})
        world.public.answers["/files/second-2.0-py3-none-any.whl.metadata"] = (200, {}, served)
        code, document = verified(run, world)
        assert (code, reason in gaps(document)) == (0, bool(reason))
    rows = [{**row, "core-metadata": True} for row in page["files"]]
    set_page(world.public, "second", {**page, "files": rows})
    code, document = verified(run, world, "--files")
    assert [row["check"] for row in document["problems"]] == ["metadata-mismatch"]


def test_a_file_is_read_only_if_that_is_asked_for(run, world) -> None:
    address = "/files/second-2.0-py3-none-any.whl"
    status, headers, data = world.public.answers[address]
    world.public.answers[address] = (status, headers, data[:-1] + b"x")
    assert verified(run, world)[0] == 0
    _, document = verified(run, world, "--files")
    assert {row["check"] for row in document["problems"]} == {"hash-mismatch"}


def test_a_wheel_without_ranges_is_read_whole_within_a_bound(run, world, monkeypatch) -> None:
    address = "/files/second-2.0-py3-none-any.whl"
    status, headers, data = world.public.answers[address]
    world.public.answers[address] = (status, {**headers, "no-ranges": "1"}, data)
    assert verified(run, world)[0] == 0
    monkeypatch.setattr(index_module, "MAX_WHOLE", 10)
    code, document = verified(run, world)
    assert (code, gaps(document)["unreachable"]) == (3, {"second"})


# Hosts -------------------------------------------------------------------------------------


def test_an_open_connection_is_refused_unless_it_is_trusted(run, world) -> None:
    row_of(world.document, "second")["index"] = "http://index.invalid/simple"
    world.path.write_text(json.dumps(world.document))
    code, document = verified(run, world)
    assert code == 3
    detail = next(r["detail"] for r in document["not_verified"] if r["reason"] == "unreachable")
    assert "--trusted-host index.invalid" in detail
    code, document = verified(run, world, "--trusted-host", "index.invalid")
    detail = next(r["detail"] for r in document["not_verified"] if r["reason"] == "unreachable")
    assert "--trusted-host" not in detail


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("file:///etc/hostname", "status 302"),
        ("ftp://127.0.0.1/", "neither http nor https"),
        ("http://index.invalid/", "not encrypted"),
    ],
)
def test_a_redirect_leads_to_nothing_less_safe(serve, target: str, told: str) -> None:
    server = serve()
    server.answers["/a"] = (302, {"Location": target}, b"")
    with pytest.raises(Unreachable, match=told), Transport(Access()).open(f"{server.url}/a"):
        pass


def test_redirects_are_counted(serve) -> None:
    server = serve()
    for number in range(9):
        server.answers[f"/{number}"] = (302, {"Location": f"/{number + 1}"}, b"")
    server.answers["/9"] = (200, {}, b"there")
    transport = Transport(Access())
    with transport.open(f"{server.url}/5") as answer:
        assert answer.whole(10) == b"there"
    with pytest.raises(Unreachable), transport.open(f"{server.url}/0"):
        pass


def test_credentials_go_to_their_host_alone(serve) -> None:
    first, second = serve(), serve()
    first.answers["/a"] = (302, {"Location": f"{second.url}/b"}, b"")
    second.answers["/b"] = (200, {}, b"")
    host = first.url.removeprefix("http://")
    with Transport(Access(credentials={host: ("me", "secret")})).open(f"{first.url}/a"):
        pass
    assert first.requests[-1][1]["Authorization"].startswith("Basic ")
    assert "Authorization" not in second.requests[-1][1]


def test_a_server_that_drips_is_left(raw) -> None:
    def drip(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        stop = threading.Event()
        while not stop.wait(0.05):
            connection.sendall(b"x")

    with pytest.raises(Unreachable), Transport(Access()).open(raw(drip), seconds=0.5) as answer:
        answer.whole(100_000)


def test_a_server_that_drips_its_head_is_left(raw) -> None:
    def drip(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        stop = threading.Event()
        while not stop.wait(0.05):
            connection.sendall(b"x")

    with pytest.raises(Unreachable), Transport(Access()).open(raw(drip), seconds=0.5):
        pass


def test_an_answer_begins_in_time_and_then_brings_a_least_rate(raw) -> None:
    """A byte now and then is not enough: not for a head, and not for the whole body."""

    def drip(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        stop = threading.Event()
        while not stop.wait(0.05):
            connection.sendall(b"x")

    def drip_head(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        stop = threading.Event()
        while not stop.wait(0.05):
            connection.sendall(b"x")

    for behaviour in (drip, drip_head):
        begun = time.monotonic()
        with pytest.raises(Unreachable):  # noqa: SIM117
            with Transport(Access(timeout=0.5)).open(raw(behaviour), seconds=20) as answer:
                answer.whole(100_000)
        assert time.monotonic() - begun < 10


def test_an_answer_of_the_least_rate_is_read(raw) -> None:
    def slow(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n")
        stop = threading.Event()
        for _ in range(6):
            stop.wait(0.2)
            connection.sendall(b"x" * 500)

    with Transport(Access(timeout=0.7)).open(raw(slow), seconds=20) as answer:
        assert len(answer.whole(3000)) == 3000


@pytest.mark.parametrize("length", ["", "Content-Length: 20\r\n"], ids=["unstated", "stated"])
def test_a_body_has_a_bound(raw, length: str) -> None:
    url = raw(lambda c: c.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n{'x' * 20}".encode()))
    with pytest.raises(Unreachable, match="larger"), Transport(Access()).open(url) as answer:
        answer.whole(10)


def test_a_body_that_breaks_off_is_no_body(raw) -> None:
    url = raw(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxxx"))
    with pytest.raises(Unreachable, match="broke off"), Transport(Access()).open(url) as answer:
        answer.whole(1000)


# Pages and METADATA ------------------------------------------------------------------------


def test_html_and_json_pages_say_the_same() -> None:
    html = (
        '<html><head><base href="/files/"><meta name="pypi:project-status" content="archived">'
        "</head><body><A HREF='a-1.0-py3-none-any.whl#sha256=AB' data-requires-python='&gt;=3.9'"
        ' data-yanked="why" data-core-metadata="sha256=cd">a > b</A></body></html>'
    )
    document = {
        "project-status": {"status": "archived"},
        "files": [
            {
                "filename": "a-1.0-py3-none-any.whl", "url": "/files/a-1.0-py3-none-any.whl",
                "hashes": {"sha256": "ab"}, "requires-python": ">=3.9", "yanked": "why",
                "core-metadata": {"sha256": "cd"},
            },
            "not a row", {"filename": 1},
        ],
    }  # fmt: skip
    address = "https://index.invalid/simple/a/"
    assert parse_page(html.encode(), address) == parse_page(json.dumps(document).encode(), address)


# the page's own address, where a file is said to be, whether it is listed
LINKS = [
    ("https://index.invalid/a/", "https://other.invalid/x", True),
    ("https://index.invalid/a/", "http://other.invalid/x", False),
    ("https://index.invalid/a/", "file:///x", False),
    ("https://index.invalid/a/", "FILE:///x", False),
    ("http://127.0.0.1/a/", "http://other.invalid/x", True),
    ("http://127.0.0.1/a/", "https://other.invalid/x", True),
    ("http://127.0.0.1/a/", "file:///x", False),
    ("http://127.0.0.1/a/", "ftp://other.invalid/x", False),
    ("file:///index/a/", "file:///x", True),
    ("file:///index/a/", "https://other.invalid/x", True),
]


@pytest.mark.parametrize(("page", "url", "is_listed"), LINKS)
def test_a_page_leads_to_no_lesser_connection(page: str, url: str, is_listed: bool) -> None:
    file = f"{url}/a-1.0-py3-none-any.whl"
    row = {"filename": "a-1.0-py3-none-any.whl", "url": file}
    base = f'<base href="{url}/"><a href="a-1.0-py3-none-any.whl">'
    for data in (json.dumps({"files": [row]}), f'<a href="{file}">', base):
        found = parse_page(data.encode(), page).files
        assert [f.filename for f in found] == ["a-1.0-py3-none-any.whl"] * is_listed


def test_a_page_reads_nothing_of_this_machine(run, world, tmp_path, monkeypatch) -> None:
    path = tmp_path / "second-2.0-py3-none-any.whl"
    path.write_bytes(wheel("second", "2.0", ("extra<2",)))
    page = json.loads(world.public.answers["/simple/second/"][2])
    rows = [{**row, "url": path.as_uri(), "core-metadata": True} for row in page["files"]]
    set_page(world.public, "second", {**page, "files": rows})
    opened: list[str] = []
    monkeypatch.setattr(index_module, "open_regular", opened.append)
    monkeypatch.setattr(index_module, "read_local", lambda path, limit: opened.append(path))
    for arguments in ((), ("--files",)):
        code, document = verified(run, world, *arguments)
        assert (code, opened) == (1, [])
        assert [row["check"] for row in document["problems"]] == ["not-on-index"]


def test_passwords_in_a_page_are_not_shown() -> None:
    url = "https://me:se@cret@index.invalid/a-1.0-py3-none-any.whl"
    for data in (json.dumps({"files": [{"filename": "a", "url": url}]}), f'<a href="{url}">'):
        (found,) = parse_page(data.encode(), "https://index.invalid/a/").files
        assert found.url == "https://index.invalid/a-1.0-py3-none-any.whl"


def test_the_number_of_files_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr("neuron_pin.verify.pages.MAX_FILES", 1)
    for page in (b"<a href=b>b</a><a href=c>c</a>", b'{"files": [{}, {}]}'):
        with pytest.raises(NotAPage):
            parse_page(page, "https://index.invalid/a/")


def test_a_file_is_read_no_further_than_its_size(serve) -> None:
    server = serve()
    server.answers["/a-1.0.zip"] = (200, {}, b"x" * 1000)
    indexes = index_module.Indexes(Access())

    def measure(limit: int) -> index_module.Measured:
        return indexes.measure(f"{server.url}/a-1.0.zip", "", "a-1.0.zip", ["sha256"], limit)

    assert measure(1000).size == 1000
    with pytest.raises(index_module.TooLarge):
        measure(999)


def test_a_page_of_this_machine_has_a_bound(tmp_path, monkeypatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_text("<a href=a-1.0-py3-none-any.whl>a</a>")
    indexes = index_module.Indexes(Access())
    assert len(indexes.page(tmp_path.as_uri(), "a").files) == 1
    monkeypatch.setattr(index_module, "MAX_PAGE", 10)
    with pytest.raises(Unreachable, match="larger"):
        indexes.page(tmp_path.as_uri(), "a")


@pytest.mark.parametrize("data", [b"", b"PK", wheel("b", "1.0"), wheel("a", "2.0")], ids=len)
def test_a_wheel_without_its_own_metadata_is_unreadable(data: bytes, tmp_path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(data)
    with path.open("rb") as stream, pytest.raises(Unreadable):
        metadata_of_wheel(stream, "a-1.0-py3-none-any.whl")


def test_metadata_has_bounds(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("neuron_pin.verify.metadata.MAX_METADATA", 10)
    assert MAX_METADATA > 10
    path = tmp_path / "a.whl"
    path.write_bytes(wheel("a", "1.0"))
    with path.open("rb") as stream, pytest.raises(Unreadable, match="larger"):
        metadata_of_wheel(stream, "a-1.0-py3-none-any.whl")
    monkeypatch.setattr("neuron_pin.verify.metadata.MAX_REQUIREMENTS", 1)
    with pytest.raises(Unreadable):
        parse_metadata(b"Name: a\nVersion: 1\nRequires-Dist: b\nRequires-Dist: c\n", "a")


def test_neurons_index_is_never_one_where_anybody_may_publish(run, world) -> None:
    """Also if the lock takes all of Neuron's packages from there."""
    names = {"torch-neuronx", "libneuronxla", "neuronx-cc"}
    for row in world.document["packages"]:
        if row["name"] in names:
            row["index"] = "https://pypi.org/simple"
    world.path.write_text(json.dumps(world.document))
    public, neuron = f"{world.public.url}/simple", f"{world.neuron.url}/simple"
    code, document = verified(run, world, "--index-url", public, "--neuron-index-url", neuron)
    wrong = {
        row["package"]["name"] for row in document["problems"] if row["check"] == "other-index"
    }
    assert (code, wrong) == (1, names)


def test_a_page_that_drips_is_given_up(run, world, monkeypatch) -> None:
    monkeypatch.setattr("neuron_pin.verify.transport.MIN_RATE", 10_000_000)
    code, document = verified(run, world, "--timeout", "1")
    assert code == 0
    monkeypatch.setattr("neuron_pin.verify.transport.MIN_RATE", 1e12)
    clock = itertools.count(0, 100)
    monkeypatch.setattr("neuron_pin.verify.transport.time.monotonic", lambda: next(clock))
    code, document = verified(run, world, "--timeout", "1")
    assert (code, document["problems"]) == (3, [])
