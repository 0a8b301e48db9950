"""What the index says of a project, over a real connection."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from urllib.parse import urljoin

import pytest
from proxy_world import HTML, JSON, filename, put_neuron, put_public

from neuron_pin.sources.index.simple import parse_page

NEWEST = filename("torch-neuronx", "2.9.0.2.13.24727+8e870898")
ENDED = filename("torch-neuronx", "2.8.0.2.10.16998+e9bf8a50")
OLD_BETA = filename("torch-neuronx", "2.1.1.2.0.1b0")
BETA = filename("vllm-neuron", "0.24.0.1.1.0+e8242a9")


@pytest.fixture
def index(pair, served):
    return served(*pair.options)


def test_decoys_are_gone_and_names_are_bound_by_version(index) -> None:
    assert {
        row.partition("-")[2].partition("-")[0] for row in index.files("/simple/libneuronxla/")
    } == {
        "2.2.16408.0+06ac23d1",
        "2.2.12677.0+8f2bb0c4",
    }
    # torch-xla lives on both: Neuron's builds there, 2.1 and later on the public index.
    found = index.files("/simple/torch-xla/")
    assert set(found) == {
        filename("torch-xla", version) for version in ("1.13.1+torchneuron6", "1.0", "2.9.0")
    }
    assert "left_pad-1.0-py3-none-any.whl" in index.files("/simple/left-pad/")


def test_phases_are_yanked_with_the_reason(index) -> None:
    found = index.files("/simple/torch-neuronx/")
    assert "yanked" not in found[NEWEST]
    assert found[ENDED]["yanked"] == (
        "NP201: torch-neuronx 2.8 has been out of support since 2026-04-09 (SDK 2.29.0)"
    )
    assert found[OLD_BETA]["yanked"].startswith("NP201")
    assert index.files("/simple/vllm-neuron/")[BETA]["yanked"].startswith(
        "NP202: vllm-neuron has been beta"
    )
    assert "yanked" not in index.files("/phase/beta/simple/vllm-neuron/")[BETA]
    assert "yanked" not in index.files("/phase/eos/simple/torch-neuronx/")[ENDED]


def test_days_are_those_of_releases_where_the_index_states_none(index) -> None:
    found = index.files("/simple/torch-neuronx/")
    assert found[NEWEST]["upload-time"] == "2026-04-09T00:00:00.000000Z"
    assert found[ENDED]["upload-time"] == "2025-10-29T00:00:00.000000Z"
    public = index.files("/simple/torch/")
    assert {row["upload-time"] for row in public.values()} == {"2025-11-01T10:00:00.000000Z"}


# path, the files of torch-neuronx there, those that are yanked
VIEWS = [
    ("as-of/2026-01-01/", {ENDED, OLD_BETA}, {OLD_BETA}),
    ("as-of/2025-11-01/", {ENDED, OLD_BETA}, {OLD_BETA}),
    ("as-of/2025-10-28/", {OLD_BETA}, {OLD_BETA}),
    ("as-of/2023-01-01/", set(), set()),
    ("sdk/2.29.0/", {NEWEST}, set()),
    ("sdk/2.29.0/trn1/", {NEWEST}, set()),
    ("sdk/2.26/", {ENDED}, {ENDED}),
    ("as-of/2025-11-01/sdk/2.26/trn1/", {ENDED}, set()),
    ("sdk/2.26/phase/eos/instance/trn2/", {ENDED}, set()),
    ("sdk/2.26/inf1/", set(), set()),
]


@pytest.mark.parametrize(("path", "files", "yanked"), VIEWS)
def test_views_by_path(index, path: str, files: set[str], yanked: set[str]) -> None:
    found = index.files(f"/{path}simple/torch-neuronx/")
    assert set(found) == files
    assert {name for name, row in found.items() if "yanked" in row} == yanked
    for name, row in found.items():
        # Wherever a page is, its files are where they are.
        assert urljoin(f"/{path}simple/torch-neuronx/", row["url"]).startswith(
            "/files/torch-neuronx/"
        )
        assert name


# path, the versions of libneuronxla there: what torch-neuronx requires is for its families
REQUIRED = [
    ("sdk/2.29.0/trn1/", {"2.2.16408.0+06ac23d1"}),
    ("sdk/2.29.0/trn2/", {"2.2.16408.0+06ac23d1"}),
    ("sdk/2.29.0/trn3/", {"2.2.16408.0+06ac23d1"}),
    ("sdk/2.29.0/inf1/", set()),
]


@pytest.mark.parametrize(("path", "versions"), REQUIRED)
def test_a_view_of_a_family_has_what_its_packages_require(
    index, path: str, versions: set[str]
) -> None:
    files = {filename("libneuronxla", version) for version in versions}
    assert set(index.files(f"/{path}simple/libneuronxla/")) == files


def test_options_are_what_the_plain_path_is_judged_by(pair, served) -> None:
    index = served(*pair.options, "--sdk", "2.26", "--as-of", "2025-11-01", "--instance", "trn1")
    assert set(index.files("/simple/torch-neuronx/")) == {ENDED}
    assert set(index.files("/sdk/latest/simple/torch-neuronx/")) == {ENDED}
    assert set(index.files("/as-of/2026-09-01/sdk/2.29.0/simple/torch-neuronx/")) == {NEWEST}


def test_an_upload_after_the_day_of_a_view_is_withheld(index, pair) -> None:
    assert set(index.files("/as-of/2025-11-01/simple/torch/")) != set()
    assert index.files("/as-of/2025-10-31/simple/torch/") == {}


def test_metadata_is_the_wheels_own_taken_by_ranges(pair, served) -> None:
    index = served(*pair.options, "--no-read-ahead")
    row = index.files("/simple/torch-neuronx/")[NEWEST]
    assert row["core-metadata"] is True
    # PEP 714: pip 22.3 to 23.0 breaks off where the older name is in JSON.
    assert "dist-info-metadata" not in row
    html = index.get("/simple/torch-neuronx/", accept=HTML).text
    assert html.count('data-core-metadata="true"') == html.count('data-dist-info-metadata="true"')
    path = urljoin("/simple/torch-neuronx/", row["url"])
    found = index.get(f"{path}.metadata")
    assert found.status == 200
    assert found.body.startswith(b"Metadata-Version: 2.1\nName: torch-neuronx\n")
    asked = [headers for path, headers in pair.neuron.requests if path.endswith(".whl")]
    assert asked
    assert all("Range" in headers for headers in asked)
    # From now on it is at hand.
    for method, body in (("GET", found.body), ("HEAD", b"")):
        warm = index.get(f"{path}.metadata", method=method)
        assert (warm.status, warm.body) == (200, body)
        for header in ("etag", "content-type", "content-length"):
            assert warm.headers[header] == found.headers[header]
    again = index.get(f"{path}.metadata", If_None_Match=found.headers["etag"])
    assert again.status == 304
    assert len([1 for path, _ in pair.neuron.requests if path.endswith(".whl")]) == len(asked)


def test_files_are_where_their_index_has_them(index, pair) -> None:
    row = index.files("/simple/torch-neuronx/")[NEWEST]
    moved = index.get(urljoin("/simple/torch-neuronx/", row["url"]))
    assert moved.status == 302
    assert moved.headers["location"].startswith(f"{pair.neuron.url}/simple/torch-neuronx/torch_")
    # What the public index serves with metadata is the same: we have that at hand.
    (public,) = [r for f, r in index.files("/simple/torch/").items() if "2.9.1" in f]
    assert set(public["core-metadata"]) == {"sha256"}
    path = urljoin("/simple/torch/", public["url"])
    assert index.get(path).headers["location"].startswith(f"{pair.public.url}/files/torch-2.9.1")
    metadata = index.get(f"{path}.metadata").body
    assert hashlib.sha256(metadata).hexdigest() == public["core-metadata"]["sha256"]


def test_kept_files_come_from_us(pair, served, tmp_path: Path) -> None:
    index = served(*pair.options, "--files", "cache")
    row = index.files("/simple/torch/")["torch-2.9.1-py3-none-any.whl"]
    path = urljoin("/simple/torch/", row["url"])
    first = index.get(path)
    assert first.status == 200
    assert hashlib.sha256(first.body).hexdigest() == row["hashes"]["sha256"]
    before = len(pair.public.requests)
    assert index.get(path).body == first.body
    part = index.get(path, Range="bytes=0-3")
    assert (part.status, part.body) == (206, b"PK\x03\x04")
    assert len(pair.public.requests) == before
    assert (
        hashlib.sha256(index.get(f"{path}.metadata").body).hexdigest()
        == (row["core-metadata"]["sha256"])
    )
    # Nothing is left lying about.
    kept = [p for p in (tmp_path / "served" / "wheels").rglob("*") if p.is_file()]
    assert [p.name for p in kept] == [row["hashes"]["sha256"]]


# Accept, what comes
ACCEPTS = {
    "pip": (f"{JSON}, {HTML}; q=0.1, text/html; q=0.01", JSON),
    "nothing": ("", "text/html; charset=utf-8"),
    "a browser": (
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html; charset=utf-8",
    ),
    "anything": ("*/*", "text/html; charset=utf-8"),
    "the latest": ("application/vnd.pypi.simple.latest+json", JSON),
    "HTML of version 1": (HTML, HTML),
    "JSON refused": (f"{JSON};q=0, {HTML};q=0.5", HTML),
    "only a newer version": ("application/vnd.pypi.simple.v2+json", None),
    "no weight": (f"{JSON};q=x", None),
    "a picture": ("image/png", None),
    "long": (",".join(["text/x"] * 3000) + f",{JSON}", None),
    "odd": (";;;,,=;q=;\xff", None),
}


@pytest.mark.parametrize("name", ACCEPTS)
def test_forms_by_accept(index, name: str) -> None:
    accept, expected = ACCEPTS[name]
    found = index.get("/simple/torch-neuronx/", accept=accept)
    if expected is None:
        assert found.status == 406
        assert JSON in found.text
    else:
        assert (found.status, found.headers["content-type"]) == (200, expected)
        assert "Accept" in found.headers["vary"]


def test_forms_by_parameter(index) -> None:
    found = index.get(
        f"/simple/torch-neuronx/?format={JSON.replace('+', '%2B')}", accept="text/html"
    )
    assert found.headers["content-type"] == JSON
    assert index.get("/simple/torch-neuronx/?format=nonsense").status == 406


@pytest.mark.parametrize("name", ["torch-neuronx", "torch-xla", "vllm-neuron", "torch"])
def test_both_forms_say_the_same(index, name: str) -> None:
    path = f"/simple/{name}/"
    address = f"{index.url}{path}"
    rows = parse_page(index.get(path, accept=JSON).body, JSON, address)
    anchors = parse_page(index.get(path, accept=HTML).body, HTML, address)
    assert rows.status == anchors.status
    bare = [file._replace(size=None, uploaded="") for file in rows.files]
    assert bare == anchors.files


@pytest.mark.parametrize("name", ["torch-neuronx", "torch-xla", "vllm-neuron", "torch"])
def test_another_reader_reads_it(index, name: str) -> None:
    from simple_repository.parser import parse_html_project_page, parse_json_project_page

    path = f"/simple/{name}/"
    document = index.get(path, accept=JSON).text
    as_json = parse_json_project_page(document)
    as_html = parse_html_project_page(index.get(path, accept=HTML).text, name)
    assert [file.filename for file in as_json.files] == [file.filename for file in as_html.files]
    assert [file.yanked for file in as_json.files] == [file.yanked for file in as_html.files]
    assert [file.dist_info_metadata for file in as_json.files] == [
        file.dist_info_metadata for file in as_html.files
    ]
    assert as_json.versions == frozenset(json.loads(document)["versions"])


def test_the_names_of_all_indexes(index) -> None:
    found = {row["name"] for row in index.get("/simple/").json["projects"]}
    assert {"torch-neuronx", "libneuronxla", "left-pad", "numpy"} <= found
    assert "aws-neuronx-tools" not in found
    assert '<a href="left-pad/">left-pad</a>' in index.get("/simple/", accept="text/html").text


# asked for, where it is
MOVED = [
    ("/simple", "./simple/"),
    ("/simple/torch-neuronx", "../simple/torch-neuronx/"),
    ("/simple/Torch_Neuronx/", "../../simple/torch-neuronx/"),
    ("/sdk/2.26/simple/torch.neuronx", "../../../sdk/2.26/simple/torch-neuronx/"),
    ("/project/Torch-NeuronX", "../project/torch-neuronx/"),
]


@pytest.mark.parametrize(("path", "where"), MOVED)
def test_names_are_normalized_by_a_redirect(index, path: str, where: str) -> None:
    found = index.get(path)
    assert (found.status, found.headers["location"]) == (301, where)
    assert index.get(urljoin(path, where)).status == 200


def test_conditional_and_compressed_answers(index) -> None:
    whole = index.get("/simple/torch-neuronx/")
    assert "max-age=" in whole.headers["cache-control"]
    again = index.get("/simple/torch-neuronx/", If_None_Match=whole.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    packed = index.get("/simple/torch-neuronx/", Accept_Encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == whole.body
    head = index.get("/simple/torch-neuronx/", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))
    assert index.get("/simple/torch-neuronx/", method="POST").status == 405


def test_status_of_projects(index, pair) -> None:
    status = {"status": "deprecated", "reason": "use \x01right-pad"}
    put_public(pair.public, "left-pad", [("1.0", ())], **{"project-status": status})
    found = index.get("/simple/left-pad/").json
    assert found["project-status"] == {"status": "deprecated", "reason": "use right-pad"}
    put_public(pair.public, "bad", [("1.0", ())], **{"project-status": {"status": "quarantined"}})
    assert index.get("/simple/bad/").json["files"] == []
    assert index.get("/simple/bad/").json["project-status"]["status"] == "quarantined"
    # What has ended as a whole says so, in PEP 792's words.
    put_neuron(pair.neuron, "transformers-neuronx", [("0.13.1315+08ecff22", ())])
    found = index.get("/simple/transformers-neuronx/").json
    assert found["project-status"]["status"] in ("deprecated", "archived")
    assert "out of support since" in found["project-status"]["reason"]
    html = index.get("/simple/transformers-neuronx/", accept=HTML).text
    assert '<meta name="pypi:project-status" content="' in html


def test_where_a_project_is_tracked_from(index, pair) -> None:
    found = index.get("/simple/torch-xla/").json
    assert found["meta"]["tracks"] == [
        f"{pair.neuron.url}/simple/torch-xla/",
        f"{pair.public.url}/simple/torch-xla/",
    ]
    put_public(
        pair.public, "kin", [("1.0", ())], **{"alternate-locations": ["https://a.example/kin/"]}
    )
    assert index.get("/simple/kin/").json["alternate-locations"] == ["https://a.example/kin/"]


def test_a_private_index_decides_and_its_password_stays_here(serve, pair, served) -> None:
    private = serve()
    put_public(private, "left-pad", [("7.0", ())])
    url = private.url.replace("://", "://me:s3cret@")
    index = served(*pair.options, "--extra-index-url", f"{url}/simple")
    found = index.files("/simple/left-pad/")
    assert set(found) == {"left_pad-7.0-py3-none-any.whl"}
    row = found["left_pad-7.0-py3-none-any.whl"]
    # Installers do not know the password, so the file goes through us.
    reply = index.get(urljoin("/simple/left-pad/", row["url"]))
    assert (reply.status, reply.body[:2]) == (200, b"PK")
    assert all("Authorization" in headers for _, headers in private.requests)
    for path in ("/simple/left-pad/", "/project/left-pad/", "/", "/healthz", "/withheld.json"):
        assert b"s3cret" not in index.get(path).body
    assert "s3cret" not in "".join(index.lines)


def test_a_bound_name_comes_from_its_index(serve, pair, served) -> None:
    private = serve()
    put_public(private, "left-pad", [("7.0", ())])
    index = served(*pair.options, "--index", f"left-pad={private.url}/simple")
    assert set(index.files("/simple/left-pad/")) == {"left_pad-7.0-py3-none-any.whl"}
    (row,) = index.get("/withheld.json").json["withheld"]
    assert row["versions"][0]["rule"] == "NP401"
    assert "is bound to" in row["versions"][0]["reason"]
