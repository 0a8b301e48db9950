"""What indexes and files may not bring into a lock, by the command line."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import UNPRINTABLE, Run, Served, failure, page, row, sdist, wheel

from neuron_pin.errors import UnreadableInput

NEURON, LISTED = "torch-neuronx", "2.9.0.2.13.26312"
JSON = "application/vnd.pypi.simple.v1+json"
Serve = Callable[[], Served]


def lock(run: Run, server: Served, *words: str) -> dict:
    """The document of a lock from an index that is not Neuron's."""
    done = run("lock", *words, "--index-url", f"{server.url}/simple", "--python", "3.11",
               "--format", "json")  # fmt: skip
    assert done.code == 0, done.err
    return json.loads(done.out)


def versions(document: dict) -> dict[str, str]:
    return {package["name"]: package["version"] for package in document["packages"]}


# The version of a file on the public index whose name is Neuron's, beside Neuron's own.
ELSEWHERE = ["99.0", LISTED, f"{LISTED}+x", f"{LISTED}.post1", "1!1.0"]
SPELLINGS = ["torch.neuronx-99.0", "TORCH_NeuronX-99.0", "torch_neuronx-99.0-1"]


@pytest.mark.parametrize("version", ELSEWHERE)
def test_a_neuron_name_comes_from_neurons_index(run: Run, serve: Serve, version: str) -> None:
    public, own = serve(), serve()
    page(own, NEURON, [row("torch_neuronx", LISTED)])
    page(public, NEURON, [row("torch_neuronx", version)])
    document = lock(run, public, NEURON, "--neuron-index-url", f"{own.url}/simple")
    (package,) = [p for p in document["packages"] if p["name"] == NEURON]
    assert (package["version"], package["index"]) == (LISTED, f"{own.url}/simple")
    excluded = {(e["version"], e["rule"]) for e in document["exclusions"] if e["name"] == NEURON}
    if version != LISTED:
        assert (version, "NP401") in excluded


@pytest.mark.parametrize("name", SPELLINGS)
def test_however_the_name_is_spelled(run: Run, serve: Serve, name: str) -> None:
    public, own = serve(), serve()
    page(own, NEURON, [row("torch_neuronx", LISTED)])
    filename = f"{name}-py3-none-any.whl"
    page(public, NEURON, [{"filename": filename, "url": f"/{filename}", "hashes": {}}])
    document = lock(run, public, NEURON, "--neuron-index-url", f"{own.url}/simple")
    assert versions(document)[NEURON] == LISTED


def test_the_first_index_that_has_a_name_decides(run: Run, serve: Serve) -> None:
    first, second = serve(), serve()
    page(first, "tool", [row("tool", "1.0")])
    page(second, "tool", [row("tool", "2.0")])
    words = ("tool", "--index-url", f"{second.url}/simple", "--extra-index-url")
    done = run("lock", *words, f"{first.url}/simple", "--python", "3.11", "--format", "json")
    assert versions(json.loads(done.out)) == {"tool": "1.0"}


def test_a_quarantined_project_is_not_taken(run: Run, serve: Serve) -> None:
    server = serve()
    page(server, "tool", [row("tool", "1.0")], **{"project-status": {"status": "quarantined"}})
    done = run("lock", "tool", "--index-url", f"{server.url}/simple", "--python", "3.11")
    assert done.code == 1
    assert "quarantined" in done.err


def test_a_file_that_its_index_does_not_hash_is_hashed(run: Run, serve: Serve) -> None:
    server = serve()
    page(server, "tool", [row("tool", "1.0")])
    files = lock(run, server, "tool", "--generate-hashes")["packages"][0]["files"]
    (digest,) = files[0]["hashes"].values()
    assert digest == hashlib.sha256(wheel("tool", "1.0")).hexdigest()


# Source distributions ------------------------------------------------------------------------


def archive(name: str, data: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A source distribution with one member."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as members:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, "other", len(data)
        members.addfile(member, io.BytesIO(data))
    return packed.getvalue()


PKG_INFO = b"Metadata-Version: 2.2\nName: tool\nVersion: 1.0\n\n"
# An archive, and what the limit of PKG-INFO is set to; none is taken.
ARCHIVES = {
    "too large": (archive("tool-1.0/PKG-INFO", PKG_INFO + b" " * 400), 200, 3),
    "a link": (archive("tool-1.0/PKG-INFO", b"", tarfile.SYMTYPE), 4000, 1),
    "below another folder": (archive("tool-1.0/tests/PKG-INFO", PKG_INFO), 4000, 1),
    "another project": (
        archive("tool-1.0/PKG-INFO", PKG_INFO.replace(b"tool", b"other")), 4000, 3),
}  # fmt: skip


@pytest.mark.parametrize("case", ARCHIVES)
def test_a_source_distribution_that_is_none(run: Run, serve, monkeypatch, case: str) -> None:
    data, limit, code = ARCHIVES[case]
    monkeypatch.setattr("neuron_pin.sources.index.sdist_metadata.MAX_STATED", limit)
    server = serve()
    rows = [{"filename": "tool-1.0.tar.gz", "url": "/tool-1.0.tar.gz", "hashes": {}}]
    page(server, "tool", rows)
    server.answers["/tool-1.0.tar.gz"] = (200, {}, data)
    assert run("lock", "tool", "--index-url", f"{server.url}/simple").code == code


def test_what_lies_before_pkg_info_has_a_bound(run: Run, serve: Serve, monkeypatch) -> None:
    server = serve()
    rows = [{"filename": "tool-1.0.tar.gz", "url": "/tool-1.0.tar.gz", "hashes": {}}]
    page(server, "tool", rows)
    server.answers["/tool-1.0.tar.gz"] = (200, {}, sdist("tool", "1.0"))
    words = ("lock", "tool", "--index-url", f"{server.url}/simple", "--refresh")
    assert run(*words).code == 0
    monkeypatch.setattr("neuron_pin.sources.index.sdist_metadata.MAX_UNPACKED", 0)
    assert run(*words, "--cache-dir", "another").code == 1


# Output --------------------------------------------------------------------------------------


def answer(kind: str = JSON, status: int = 200, body: bytes = b"", **headers: str) -> tuple:
    return status, {"Content-Type": kind, **headers}, body


def changed(**fields: object) -> Callable[[Served], None]:
    """A page with one file, whose row has these fields."""
    return lambda server: page(server, "tool", [row("tool", "1.0", **fields)])


def listed(data: bytes) -> Callable[[Served], None]:
    def fill(server: Served) -> None:
        page(server, "tool", [row("tool", "1.0")])
        server.answers["/tool-1.0-py3-none-any.whl"] = (200, {}, data)

    return fill


def documented(**document: object) -> Callable[[Served], None]:
    return lambda server: page(server, "tool", [row("tool", "1.0")], **document)


def answered(*arguments: Any, **more: Any) -> Callable[[Served], None]:
    def fill(server: Served) -> None:
        server.answers["/simple/tool/"] = answer(*arguments, **more)

    return fill


ODD = {
    "content type": answered(f"text/{UNPRINTABLE[0]}"),
    "redirect": answered("text/html", 302, Location=f"http://127.0.0.1:1/{UNPRINTABLE[0]}"),
    "API version": answered(
        body=json.dumps({"meta": {"api-version": UNPRINTABLE}, "files": []}).encode()),
    "status": documented(**{"project-status": {"status": "quarantined", "reason": UNPRINTABLE}}),
    "reason of a deprecation": documented(
        **{"project-status": {"status": "deprecated", "reason": UNPRINTABLE}}),
    "name in METADATA": listed(wheel("tool", "1.0").replace(b"Name: tool", b"Name: to\x01l")),
    "requirement": listed(wheel("tool", "1.0", (f"{UNPRINTABLE}x",))),
    "reason of a yank": changed(yanked=UNPRINTABLE),
    "Requires-Python": changed(**{"requires-python": f">=3{UNPRINTABLE}"}),
    "hash": changed(hashes={"sha256": UNPRINTABLE}),
    "upload time": changed(**{"upload-time": f"2026{UNPRINTABLE}"}),
    "file name": changed(filename=f"tool-1.0{UNPRINTABLE}-py3-none-any.whl", url="/x"),
    "address": changed(url=f"/{UNPRINTABLE}"),
}  # fmt: skip


@pytest.mark.parametrize("where", ODD)
def test_no_control_character_is_printed_or_written(run: Run, serve: Serve, where: str) -> None:
    server = serve()
    ODD[where](server)
    words = ("lock", "tool==1.0", "--index-url", f"{server.url}/simple", "--python", "3.11")
    outputs = ("-o", "lock.json", "-o", "c.txt", "-o", "pylock.toml")
    for options in (outputs, ("--format", "text"), ("--format", "json")):
        done = run(*words, *options)
        assert done.code in (0, 1, 3), done.err
        written = [path.read_text() for path in Path().iterdir() if path.is_file()]
        for text in (done.out, done.err, *written):
            assert not set(text) & set(UNPRINTABLE)


def test_documents_are_ascii(run: Run, serve: Serve) -> None:
    server = serve()
    page(server, "tool", [row("tool", "1.0"), row("tool", "2.0", yanked="zurückgezogen")])
    done = run("lock", "tool", "--index-url", f"{server.url}/simple", "--format", "json")
    assert "zur\\u00fcckgezogen" in done.out
    assert done.out.isascii()


# Files of the user ---------------------------------------------------------------------------


def test_includes_have_a_depth(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        Path(f"{number}.txt").write_text(f"-r {number + 1}.txt\n")
    Path("5.txt").write_text("neuronx-cc\n")
    words = ("lock", "--offline", "-r", "0.txt", "--instance", "trn1", "--python", "3.11")
    assert run(*words).code == 0
    monkeypatch.setattr("neuron_pin.inputs.requirements.requirements_txt.MAX_DEPTH", 3)
    done = run(*words)
    assert "deep" in failure(done, UnreadableInput).problem


PROJECT = ("lock", "--offline", "neuronx-cc")
# The module that has a limit, its name, and a file that is beyond it when it is set to 100 bytes.
LARGE = [
    (
        "inputs.requirements.requirements_txt",
        "MAX_BYTES",
        "requirements.txt",
        b"neuronx-cc\n" * 20,
        ("check",),
    ),
    (
        "inputs.locks.lock_json",
        "MAX_BYTES",
        "lock.json",
        b" " * 200,
        ("why", "neuronx-cc", "--lock"),
    ),
    ("inputs.state", "MAX_BYTES", "c.txt", b"# x\n" * 50, ("diff", "2.28.0")),
    (
        "settings",
        "MAX_PROJECT_BYTES",
        "pyproject.toml",
        b"[tool.neuron-pin]\n" + b"# x\n" * 50,
        PROJECT,
    ),
]


@pytest.mark.parametrize(("module", "limit", "name", "data", "command"), LARGE)
def test_a_file_has_a_bound(run: Run, monkeypatch, module, limit, name, data, command) -> None:
    Path(name).write_bytes(data)
    words = command if name == "pyproject.toml" else (*command, name)
    before = run(*words)
    assert "larger than 100 bytes" not in before.err + before.out
    monkeypatch.setattr(f"neuron_pin.{module}.{limit}", 100)
    done = run(*words)
    assert "larger than 100 bytes" in done.err + done.out


def test_a_compressed_page_is_measured_unpacked(run: Run, serve: Serve, monkeypatch) -> None:
    monkeypatch.setattr("neuron_pin.sources.reader.MAX_PAGE_BYTES", 32_768)
    server = serve()
    body = gzip.compress(b'{"files": [' + b" " * 65_536 + b"]}")
    server.answers["/simple/tool/"] = answer(JSON, 200, body, **{"Content-Encoding": "gzip"})
    assert len(body) < 1000
    assert run("lock", "tool", "--index-url", f"{server.url}/simple").code == 3


def test_another_hash_than_sha_256_is_verified(run: Run, serve: Serve) -> None:
    server = serve()
    page(server, "tool", [row("tool", "1.0", hashes={"md5": "0" * 32})])
    done = run("lock", "tool", "--index-url", f"{server.url}/simple", "--generate-hashes")
    assert (done.code, f"{server.url}/tool-1.0-py3-none-any.whl" in done.err) == (3, True)


@pytest.mark.parametrize("digest", ["zz", "0" * 63, "0" * 65])
def test_a_hash_that_is_not_one_is_refused(run: Run, serve: Serve, digest: str) -> None:
    server = serve()
    page(server, "tool", [row("tool", "1.0", hashes={"sha256": digest})])
    done = run("lock", "tool", "--index-url", f"{server.url}/simple", "-o", "lock.json")
    assert (done.code, f"{server.url}/tool-1.0-py3-none-any.whl" in done.err) == (3, True)
    assert not Path("lock.json").exists()


def test_tables_are_printable(run: Run, serve: Serve) -> None:
    server = serve()
    rows = [row("tool", "1.0"), row("tool", "2.0", yanked=f"yanked {UNPRINTABLE}")]
    page(server, "tool", rows)
    done = run("lock", "tool", "--index-url", f"{server.url}/simple", "--format", "text")
    assert "yanked" in done.out
    assert not set(done.out) & set(UNPRINTABLE)
