"""What is read before anybody asks for it: at once, within bounds, and to nobody's harm."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest
from proxy_world import NEURON, Pair, Running, put_neuron, put_public

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.proxy import prefetch, shared_reads, upstream
from neuron_pin.proxy import server as serving
from neuron_pin.proxy.prefetch import find_companions, list_supported
from neuron_pin.proxy.view import View
from neuron_pin.sources.http.client import DEFAULT_FRESH
from neuron_pin.target import parse_day

LED_TO = ("torch", "libneuronxla", "neuronx-cc", "numpy")
"""What torch-neuronx leads to."""


def asked_for(pair: Pair) -> list[str]:
    """The pages that were asked of the public index."""
    return [path for path, _ in pair.public.requests if path.startswith("/simple/")]


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        threading.Event().wait(0.025)
    raise AssertionError


def wait_until_quiet(pair: Pair) -> list[int]:
    """How many requests there were when none had come for a second."""
    asked: list[int] = []
    while asked != (asked := [len(server.requests) for server in pair]):
        threading.Event().wait(1)
    return asked


def wait_for_metadata(pair: Pair) -> None:
    """Until all that torch-neuronx leads to has been read."""
    names = ("numpy-2.0.0-py3-none-any.whl", "torch-2.9.1-py3-none-any.whl")
    paths = {f"/files/{name}.metadata" for name in names}
    wait_for(lambda: paths <= {path for path, _ in pair.public.requests})
    threading.Event().wait(0.3)


def test_metadata_that_was_read_ahead_is_the_same(pair, served, tmp_path: Path) -> None:
    ahead = served(*pair.options)
    rows = ahead.files("/simple/torch-neuronx/") | ahead.files("/simple/torch/")
    wait_for_metadata(pair)
    plain = served(*pair.options, "--no-read-ahead", cache=tmp_path / "plain")
    paths = [f"{urljoin('/simple/NAME/', row['url'])}.metadata" for row in rows.values()]
    assert paths
    for path in [*paths, "/files/torch/torch-1.0-py3-none-any.whl.metadata", "/files/torch/x"]:
        found, meant = ahead.get(path), plain.get(path)
        assert (found.status, found.body) == (meant.status, meant.body)
        names = ("etag", "content-type", "content-length")
        assert [found.headers.get(n) for n in names] == [meant.headers.get(n) for n in names]


def test_an_index_is_asked_once_for_a_page_of_any_view(pair, served) -> None:
    for server in pair:
        for path, (status, headers, body) in list(server.answers.items()):
            server.answers[path] = (status, {**headers, "Cache-Control": "no-store"}, body)
    index = served(*pair.options)
    index.get("/instance/trn1/simple/torch-neuronx/")
    wait_for_metadata(pair)
    asked = wait_until_quiet(pair)
    assert asked == [len({path for path, _ in server.requests}) for server in pair]


def hold(answers: dict, path: str, until: threading.Event) -> threading.Event:
    """Let a page be answered only when an event has come; gives what says that it is asked for."""
    answer, is_asked = answers[path], threading.Event()

    def wait(handler: object) -> tuple:
        is_asked.set()
        until.wait(20)
        return answer

    answers[path] = wait
    return is_asked


def test_what_a_package_leads_to_is_read_once(pair, served) -> None:
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    wait_for_metadata(pair)
    wait_until_quiet(pair)
    # Names that are not Neuron's lead nowhere by themselves.
    assert "/simple/left-pad/" not in asked_for(pair)
    asked = len(pair.public.requests)
    for name in LED_TO:
        assert index.get(f"/simple/{name}/").status == 200
    pages = [path for path, _ in pair.public.requests[asked:] if path.startswith("/simple/")]
    assert pages == []
    assert len(asked_for(pair)) == len(set(asked_for(pair)))


# what a client says of itself, the wheel that it would take
WHEELS = [
    ('pip/26.3 {"implementation":{"name":"CPython","version":"3.11.7"}}', "cp311"),
    ('uv/0.13.9 {"implementation":{"name":"CPython","version":"3.13.1"}}', "py3"),
    ("curl/8", "cp312"),
    ('pip/26.3 {"implementation":{"name":"CPython","version":"9.99.1"}}', "cp312"),
]


@pytest.mark.parametrize(("agent", "python"), WHEELS)
def test_the_metadata_of_the_wheel_for_the_client_is_read(pair, served, agent, python) -> None:
    status, headers, body = pair.public.answers["/simple/torch/"]
    page = json.loads(body)
    any_wheel = page["files"][0]
    metadata = pair.public.answers["/files/torch-2.9.1-py3-none-any.whl.metadata"]
    for tags in (
        "cp310-cp310-macosx_11_0_arm64",
        "cp312-cp312-manylinux_2_17_x86_64",
        "cp311-cp311-manylinux_2_17_x86_64",
    ):
        file = f"torch-2.9.1-{tags}.whl"
        row = {**any_wheel, "filename": file, "url": f"{pair.public.url}/files/{file}"}
        page["files"].insert(0, row)
        pair.public.answers[f"/files/{file}.metadata"] = metadata
    pair.public.answers["/simple/torch/"] = (status, headers, json.dumps(page).encode())
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/", User_Agent=agent)

    def read() -> set[str]:
        paths = [path for path, _ in pair.public.requests]
        return {path for path in paths if path.startswith("/files/torch-2.9.1")}

    wait_for(lambda: bool(read()))
    threading.Event().wait(0.3)
    assert [path.split("-")[2] for path in read()] == [python]


# what is asked for, what is read beside it
BESIDE = [
    ("torch-neuronx", "torch"),
    # Known to be required, by way of two others.
    ("torch-neuronx", "numpy"),
    # The catalog does not know what it requires, and a release ships it beside the others.
    ("nki", "libneuronxla"),
]


@pytest.mark.parametrize(("asked", "other"), BESIDE)
def test_what_goes_with_a_package_is_read_beside_it(pair, served, asked, other) -> None:
    done = threading.Event()
    for name in (asked, "neuronx-cc"):
        # No metadata says anything.
        pair.neuron.answers.setdefault(f"/simple/{name}/", (404, {}, b""))
        hold(pair.neuron.answers, f"/simple/{name}/", done)
    others = hold(pair.public.answers, f"/simple/{other}/", done)
    index = served(*pair.options)
    replies: list[int] = []
    client = threading.Thread(target=lambda: replies.append(index.get(f"/simple/{asked}/").status))
    client.start()
    # While the page of the package itself has not come.
    assert others.wait(10)
    done.set()
    client.join(20)
    assert len(replies) == 1


def test_what_is_known_to_be_required_leads_to_nothing_beside(pair, served) -> None:
    index = served(*pair.options)
    index.get("/simple/neuronx-distributed/")
    wait_for(lambda: "/simple/torch/" in asked_for(pair))
    wait_until_quiet(pair)
    # A release ships it for the same instances, and nobody requires it.
    assert "/simple/nrtpy/" not in asked_for(pair)


@pytest.fixture
def facts_with_a_broken_requirement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts that somebody imported: what torch-neuronx requires is none, and numpy."""
    folder = tmp_path / "facts"
    shutil.copytree(EMBEDDED, folder)
    path = folder / "packages.json"
    document = json.loads(path.read_text())
    row = next(row for row in document["packages"] if row["name"] == "torch-neuronx")
    row["requires"] = ["libneuronxla (<3.0,>2.0.x)", "numpy"]
    path.write_text(json.dumps(document))
    monkeypatch.setattr("neuron_pin.catalog.catalog.EMBEDDED", str(folder))


def test_an_invalid_known_requirement_is_skipped(
    pair, facts_with_a_broken_requirement, served
) -> None:
    done = threading.Event()
    hold(pair.neuron.answers, "/simple/torch-neuronx/", done)
    numpy = hold(pair.public.answers, "/simple/numpy/", done)
    index = served(*pair.options)
    client = threading.Thread(target=index.get, args=["/simple/torch-neuronx/"])
    client.start()
    assert numpy.wait(10)
    done.set()
    client.join(20)


def test_what_it_required_before_is_read_beside_the_package(pair, served, monkeypatch) -> None:
    now = [1_788_220_800.0]
    monkeypatch.setattr(serving, "CLOCK", lambda: now[0])
    monkeypatch.setattr(prefetch, "FOLLOWED", 0.0)
    put_neuron(pair.neuron, "neuronx-cc", [("2.24.5133.0+58f8de22", ("numpy>=1.24", "more"))])
    put_public(pair.public, "more", [("1.0", ())])
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    wait_for_metadata(pair)
    wait_for(lambda: "/simple/more/" in asked_for(pair))
    wait_until_quiet(pair)
    now[0] += DEFAULT_FRESH + 1
    done = threading.Event()
    hold(pair.neuron.answers, "/simple/torch-neuronx/", done)
    hold(pair.neuron.answers, "/simple/neuronx-cc/", done)
    # Nothing but the metadata of neuronx-cc leads there.
    more = hold(pair.public.answers, "/simple/more/", done)
    client = threading.Thread(target=index.get, args=["/simple/torch-neuronx/"])
    client.start()
    assert more.wait(10)
    done.set()
    client.join(20)


def test_nothing_is_read_ahead_that_should_not_be(pair, served) -> None:
    index = served(*pair.options, "--no-read-ahead")
    index.get("/simple/torch-neuronx/")
    threading.Event().wait(0.5)
    assert asked_for(pair) == ["/simple/torch-neuronx/"]


def test_a_view_that_is_none_leads_nowhere(pair, served) -> None:
    index = served(*pair.options)
    assert index.get("/sdk/99.0/simple/torch-neuronx/").status == 404
    threading.Event().wait(0.3)
    assert asked_for(pair) == []


def test_a_guess_that_fails_fails_nobody(pair, served, monkeypatch) -> None:
    # Nothing fits into what is read ahead.
    monkeypatch.setattr(upstream, "MAX_PAGE_AHEAD", 10)
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    wait_for(lambda: "/simple/libneuronxla/" in asked_for(pair))
    for name in LED_TO:
        assert index.get(f"/simple/{name}/").status == 200
    assert index.get("/healthz").json["status"] == "ok"


def test_a_page_that_is_too_long_is_not_read_ahead(pair, served, monkeypatch) -> None:
    monkeypatch.setattr(upstream, "MAX_PAGE_AHEAD", 10)
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    threading.Event().wait(0.5)
    assert not [path for path, _ in pair.public.requests if path.endswith(".metadata")]


def refuse(handler) -> tuple:
    """A server that breaks off."""
    handler.close_connection = True
    handler.connection.close()
    raise ConnectionAbortedError


def test_a_guess_that_fails_says_nothing_of_its_index(pair, served, monkeypatch) -> None:
    monkeypatch.setattr(serving, "LIMITS", upstream.LIMITS._replace(retries=0))
    asked = []

    def refuse_it(handler) -> tuple:
        asked.append(1)
        return refuse(handler)

    pair.neuron.answers["/simple/libneuronxla/"] = refuse_it
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    wait_for(lambda: bool(asked))
    threading.Event().wait(0.3)
    assert index.get("/healthz").json["status"] == "ok"
    assert index.get("/simple/vllm-neuron/").status == 200
    # Who asks for that very page is told.
    assert index.get("/simple/libneuronxla/").status == 502


def test_metadata_that_a_guess_did_not_get_is_served(pair, served) -> None:
    path = "/files/torch-2.9.1-py3-none-any.whl.metadata"
    answer, times = pair.public.answers[path], []

    def fail_first(handler: object) -> tuple:
        times.append(1)
        return answer if len(times) > 1 else (404, {}, b"")

    pair.public.answers[path] = fail_first
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    wait_for(lambda: bool(times))
    assert index.get("/files/torch/torch-2.9.1-py3-none-any.whl.metadata").status == 200


def test_nobody_waits_for_a_slow_guess(pair, served, monkeypatch) -> None:
    monkeypatch.setattr(shared_reads, "WAIT_FOR_GUESS", 0.1)
    done, answer = threading.Event(), pair.neuron.answers["/simple/libneuronxla/"]
    is_asked = hold(pair.neuron.answers, "/simple/libneuronxla/", done)
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    assert is_asked.wait(10)
    pair.neuron.answers["/simple/libneuronxla/"] = answer
    assert index.get("/simple/libneuronxla/").status == 200
    assert not done.is_set()
    done.set()


def endless(pair: Pair) -> None:
    """A package that leads to a hundred others."""
    put_public(pair.public, "torch", [("2.9.1", tuple(f"more-{n}" for n in range(100)))])
    for number in range(100):
        put_public(pair.public, f"more-{number}", [("1.0", ())])


def test_one_request_leads_to_so_many_projects(pair, served, monkeypatch) -> None:
    monkeypatch.setattr(prefetch, "MAX_NAMES", 20)
    endless(pair)
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    wait_for(lambda: any("more-" in path for path in asked_for(pair)))
    threading.Event().wait(0.5)
    assert len(set(asked_for(pair))) <= 20


def test_a_long_requirement_is_not_followed(pair, served) -> None:
    endless(pair)
    wanted = f"more-1!=0.{'1' * prefetch.MAX_TEXT}"
    put_public(pair.public, "torch", [("2.9.1", (wanted, "more-2"))])
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    wait_for(lambda: "/simple/more-2/" in asked_for(pair))
    threading.Event().wait(0.3)
    assert "/simple/more-1/" not in asked_for(pair)


@pytest.mark.parametrize("bound", ["MAX_REQUIRED", "MAX_REMEMBERED"])
def test_what_is_remembered_has_a_bound(pair, served, monkeypatch, bound: str) -> None:
    monkeypatch.setattr(prefetch, bound, 0)
    index = served(*pair.options)
    index.get("/simple/torch-neuronx/")
    wait_for_metadata(pair)


def test_nothing_is_begun_after_its_time(pair, served, monkeypatch) -> None:
    monkeypatch.setattr(prefetch, "SECONDS", -1.0)
    index = served(*pair.options)
    assert index.get("/simple/torch-neuronx/").status == 200
    threading.Event().wait(0.3)
    assert asked_for(pair) == ["/simple/torch-neuronx/"]


def test_a_server_that_warms_up_has_everything_when_it_is_asked(pair, served) -> None:
    index: Running = served(*pair.options, "--warm-up")
    wait_for_metadata(pair)
    wait_for(lambda: all(f"/simple/{name}/" in asked_for(pair) for name in NEURON))
    asked = wait_until_quiet(pair)
    for name in (*NEURON, *LED_TO):
        assert index.get(f"/simple/{name}/").status == 200
    assert index.get("/files/torch/torch-2.9.1-py3-none-any.whl.metadata").status == 200
    assert [len(server.requests) for server in pair] == asked


# package, SDK of the view, what goes with it among others, and what does not
COMPANIONS = [
    ("torch-neuronx", "", {"torch", "torch-xla", "libneuronxla", "neuronx-cc"}, {"jax-neuronx"}),
    ("neuronx-cc", "", {"libneuronxla"}, {"torch-neuronx", "neuronx-cc", "neuron-cc"}),
    ("torch-neuronx", "2.26.1", {"neuronx-distributed"}, {"nki"}),
    ("torch", "", set(), {"torch-neuronx", "libneuronxla"}),
    ("nothing", "", set(), {"libneuronxla"}),
]


@pytest.mark.parametrize(("name", "sdk", "those", "not_those"), COMPANIONS)
def test_companions(catalog: Catalog, name: str, sdk: str, those: set, not_those: set) -> None:
    day = parse_day("2026-09-01", "as-of")
    found = set(find_companions(catalog, name, View(sdk=sdk), day))
    assert those <= found
    assert not found & not_those


def test_what_has_ended_is_not_read_at_the_start(catalog: Catalog) -> None:
    found = list_supported(catalog, View().target(catalog, parse_day("2026-09-01", "as-of")))
    assert {"neuronx-cc", "libneuronxla", "torch-neuronx"} <= set(found)
    assert not {"transformers-neuronx", "torch", "aws-neuronx-dkms"} & set(found)
