"""The simple repository protocol: both forms become the same types."""

import json

import pytest

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.index.project_page import ListedFile
from neuron_pin.sources.index.simple import parse_page, parse_wheel_name

JSON = "application/vnd.pypi.simple.v1+json"
BASE = "https://index.invalid/simple/neuronx-cc/"
HTML = b"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.0"></head>
<body><a href="neuronx_cc-2.27.5334.0%2Bf702b353-cp310-cp310-linux_x86_64.whl#sha256=ab"
 data-requires-python="&gt;=3.10" data-yanked="broken" data-core-metadata="sha256=cd">x</a></body>"""
FILE = ListedFile(
    "neuronx_cc-2.27.5334.0+f702b353-cp310-cp310-linux_x86_64.whl",
    BASE + "neuronx_cc-2.27.5334.0%2Bf702b353-cp310-cp310-linux_x86_64.whl",
    (("sha256", "ab"),),
    ">=3.10",
    "broken",
    (("sha256", "cd"),),
    None,
)


def document(**changes) -> bytes:
    file = {
        "filename": FILE.filename,
        "url": FILE.url.rpartition("/")[2],
        "hashes": {"sha256": "ab"},
        "requires-python": ">=3.10",
        "yanked": "broken",
        "core-metadata": {"sha256": "cd"},
    }
    return json.dumps({"meta": {"api-version": "1.1"}, "files": [{**file, **changes}]}).encode()


def test_html_and_json_give_the_same_file() -> None:
    assert parse_page(HTML, "text/html; charset=utf-8", BASE).files == [FILE]
    assert parse_page(document(), JSON, BASE).files == [FILE]


# what the entry says, what is read
YANKS = [(True, ""), (False, None), ("why", "why")]


@pytest.mark.parametrize(("written", "expected"), YANKS)
def test_yanked_as_pep_592_and_691_have_it(written, expected) -> None:
    assert parse_page(document(yanked=written), JSON, BASE).files[0].yanked == expected


def test_the_older_name_of_core_metadata_is_read_and_the_newer_wins() -> None:
    old = document(**{"core-metadata": None, "dist-info-metadata": {"sha256": "ef"}})
    assert parse_page(old, JSON, BASE).files[0].metadata is None
    entry = json.loads(old)
    del entry["files"][0]["core-metadata"]
    found = parse_page(json.dumps(entry).encode(), JSON, BASE)
    assert found.files[0].metadata == (("sha256", "ef"),)
    assert parse_page(document(**{"core-metadata": True}), JSON, BASE).files[0].metadata == ()


def test_a_base_element_and_relative_addresses_are_resolved() -> None:
    page = b'<base href="https://files.invalid/x/"><a href="../a-1.0-py3-none-any.whl">a</a>'
    (file,) = parse_page(page, "text/html", BASE).files
    assert file.url == "https://files.invalid/a-1.0-py3-none-any.whl"


# bytes, content type, what the error says
GARBAGE = [
    (b"", "application/pdf", "application/pdf"),
    (b"", "text/html", "not HTML"),
    (b"\x00\xff garbage", "text/html", "not HTML"),
    (b"{", JSON, "not JSON"),
    (b"[]", JSON, "not a simple index page"),
    (b'{"files": [], "meta": {"api-version": "2.0"}}', JSON, "version 2.0"),
]


@pytest.mark.parametrize(("data", "kind", "told"), GARBAGE)
def test_what_is_no_index_page_is_refused_with_its_address(data, kind, told) -> None:
    with pytest.raises(SourceFailed, match=told) as caught:
        parse_page(data, kind, BASE)
    assert caught.value.url == BASE


def test_json_that_nests_too_deeply_is_refused(shallow: str) -> None:
    with pytest.raises(SourceFailed, match="not JSON"):
        parse_page(shallow.encode(), JSON, BASE)


def test_html_that_its_parser_refuses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library ends some declarations with an AssertionError."""

    def refuse(*_: object) -> None:
        raise AssertionError("unknown declaration")

    monkeypatch.setattr("neuron_pin.sources.index.simple_html._Anchors.feed", refuse)
    with pytest.raises(SourceFailed, match="is not HTML"):
        parse_page(HTML, "text/html", BASE)


def test_a_number_that_python_does_not_read_is_refused(few_digits: str) -> None:
    with pytest.raises(SourceFailed, match="not JSON"):
        parse_page(f'{{"files": [], "x": {few_digits}}}'.encode(), JSON, BASE)


# a limit, what it is set to, a page that is beyond it, its type, what the error says
BEYOND = [
    ("project_page.MAX_FILES", 10, b'{"files": [' + b"{}," * 10 + b"{}]}", JSON, "more than 10"),
    ("project_page.MAX_FILES", 10, b"<a href=x>x</a>" * 11, "text/html", "more than 10"),
    (
        "simple_html.MAX_TAG",
        64,
        b"<a href='" + b"x" * 100,
        "text/html",
        "tag of more than 64 bytes",
    ),
]


@pytest.mark.parametrize(("limit", "value", "data", "kind", "told"), BEYOND)
def test_a_page_has_bounds(monkeypatch, limit, value, data, kind, told) -> None:
    monkeypatch.setattr(f"neuron_pin.sources.index.{limit}", value)
    with pytest.raises(SourceFailed, match=told):
        parse_page(data, kind, BASE)


def test_a_file_name_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(parse_page(document(), JSON, BASE).names) == 1
    assert len(parse_page(HTML, "text/html", BASE).names) == 1
    for module in ("simple", "simple_html"):
        monkeypatch.setattr(f"neuron_pin.sources.index.{module}.MAX_NAME", 40)
    assert parse_page(document(), JSON, BASE).names == []
    assert parse_page(HTML, "text/html", BASE).names == []


def test_entries_of_a_wrong_shape_are_passed_over() -> None:
    page = {"files": [3, {}, {"filename": 1, "url": "x"}, {"filename": "f" * 500, "url": "x"}]}
    assert parse_page(json.dumps(page).encode(), JSON, BASE).files == []


# file name, its parts
WHEELS = [
    ("a-1.0-py3-none-any.whl", ("a", "1.0", "py3-none-any")),
    ("A_b.C-1.0-1-cp310-cp310-linux_x86_64.whl", ("a-b-c", "1.0", "cp310-cp310-linux_x86_64")),
    ("a-1.0.whl", None),
    ("a-1.0-py3-none-any.tar.gz", None),
    ("a--py3-none-any.whl", None),
    ("a-1.0 -py3-none-any.whl", None),
    ("a-1.0\t-py3-none-any.whl", None),
    ("a-\uff11.0-py3-none-any.whl", None),
    ("b/a-1.0-py3-none-any.whl", None),
]


@pytest.mark.parametrize(("name", "expected"), WHEELS)
def test_wheel_names(name: str, expected) -> None:
    assert parse_wheel_name(name) == expected


# Where the page is, where its file is, whether it counts.
PLACES = [
    ("https://a.example/simple/x/", "https://b.example/x.whl", True),
    ("https://a.example/simple/x/", "x.whl", True),
    ("https://a.example/simple/x/", "//b.example/x.whl", True),
    ("https://a.example/simple/x/", "http://a.example/x.whl", False),
    ("https://a.example/simple/x/", "HTTP://a.example/x.whl", False),
    ("https://a.example/simple/x/", "file:///srv/x.whl", False),
    ("https://a.example/simple/x/", "ftp://a.example/x.whl", False),
    ("http://127.0.0.1/simple/x/", "http://127.0.0.1/x.whl", True),
    ("http://127.0.0.1/simple/x/", "x.whl", True),
    ("http://127.0.0.1/simple/x/", "file:///srv/x.whl", False),
    ("file:///wheels/x/index.html", "x.whl", True),
    ("file:///wheels/x/index.html", "https://b.example/x.whl", True),
]


@pytest.mark.parametrize("address", sorted({address for address, _, _ in PLACES}))
def test_files_of_one_page_are_judged_each_by_its_own_address(address: str) -> None:
    rows = [(url, counts) for place, url, counts in PLACES if place == address]
    rows += [(f"{url}/{number}.whl", counts) for number in range(2) for url, counts in rows]
    rows.append(("https://[::1/x.whl", False))
    files = [{"filename": url, "url": url} for url, _ in rows]
    page = parse_page(json.dumps({"files": files}).encode(), JSON, address)
    assert page.names == [url for url, counts in rows if counts]


@pytest.mark.parametrize(("address", "url", "counts"), PLACES)
def test_a_page_points_to_no_lesser_connection_than_its_own(
    address: str, url: str, counts: bool
) -> None:
    document = json.dumps({"files": [{"filename": "x.whl", "url": url, "hashes": {}}]})
    anchors = f'<a href="{url}">x.whl</a>'
    for data, kind in ((document, "application/json"), (anchors, "text/html")):
        found = parse_page(data.encode(), kind, address)
        assert (found.names == ["x.whl"]) is counts
