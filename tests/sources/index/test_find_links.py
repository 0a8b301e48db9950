"""Where a name is looked for: folders of files, several indexes, the same project elsewhere."""

import json
from pathlib import Path

from conftest import failure, page, publish, row, wheel

from neuron_pin.errors import SourceFailed


def folder(path: Path, *wheels: tuple) -> Path:
    path.mkdir()
    for name, version, *requires in wheels:
        filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        (path / filename).write_bytes(wheel(name, version, tuple(requires)))
    return path


def test_files_of_a_folder_join_what_the_index_has(run, serve, tmp_path: Path) -> None:
    server = serve()
    publish(server, {"tool": [("1.0", ()), ("3.0", ())], "helper": [("1.0", ())]}, as_json=True)
    links = folder(tmp_path / "links", ("tool", "2.0", "helper"))
    options = ("--index-url", f"{server.url}/simple", "--find-links", links)
    assert "tool==3.0" in run("lock", "tool", *options).out
    assert run("lock", "tool<3", *options).out.count("==") == 2


def test_a_folder_alone_needs_no_network(run, tmp_path: Path) -> None:
    links = folder(tmp_path / "links", ("tool", "2.0", "helper"), ("helper", "1.0"))
    reqs = tmp_path / "reqs.txt"
    reqs.write_text("--no-index\n-f links\ntool\n")
    done = run("lock", "-r", reqs)
    assert "tool==2.0" in done.out
    assert "helper==1.0" in done.out
    done = run("lock", "tool", "--no-index", "-f", links.as_uri(), "--format", "json")
    (tool,) = [p for p in json.loads(done.out)["packages"] if p["name"] == "tool"]
    assert tool["files"][0]["url"].startswith("file://")


def test_neuron_packages_may_lie_in_a_folder(run, tmp_path: Path) -> None:
    """A wheel house that was filled while there was a network."""
    links = folder(tmp_path / "links", ("neuronx-cc", "2.27.5334.0+f702b353"))
    done = run("lock", "neuronx-cc", "--no-index", "-f", links, "--python", "3.12",
               "--as-of", "2026-08-21", "--format", "json")  # fmt: skip
    document = json.loads(done.out)
    assert document["sdk"] == "2.32.0"
    assert document["packages"][0]["version"] == "2.27.5334.0+f702b353"


def test_a_page_of_links_is_read_but_not_trusted_with_neurons_names(run, serve) -> None:
    server = serve()
    publish(server, {"tool": [("1.0", ())]}, as_json=False)
    publish(server, {"neuronx-cc": [("2.27.5334.0", ())]}, as_json=False)
    body = server.answers["/simple/tool/"][2] + server.answers["/simple/neuronx-cc/"][2]
    server.answers["/links.html"] = (200, {"Content-Type": "text/html"}, body)
    options = ("--no-index", "-f", f"{server.url}/links.html", "--python", "3.12")
    assert "tool==1.0" in run("lock", "tool", *options).out
    done = run("lock", "neuronx-cc", *options, "--as-of", "2026-08-21")
    assert (done.code, "NP401" in done.err) == (1, True)


def test_an_index_that_names_another_is_joined_by_it(run, serve) -> None:
    """PEP 708: alternate locations of the first that has a name, and what it tracks."""
    for field in ("alternate-locations", "tracks"):
        first, second = serve(), serve()
        kin = [f"{second.url}/simple/tool/"]
        document = {field: kin} if field != "tracks" else {"meta": {"tracks": kin}}
        page(first, "tool", [row("tool", "1.0")], **document)
        page(second, "tool", [row("tool", "2.0")])
        options = (
            "--extra-index-url",
            f"{first.url}/simple",
            "--index-url",
            f"{second.url}/simple",
        )
        assert "tool==2.0" in run("lock", "tool", *options).out
    # In HTML, and only an index of this run is followed.
    html = (
        f'<meta name="pypi:tracks" content="{second.url}/simple/tool/">'
        '<a href="/tool-1.0-py3-none-any.whl">tool</a>'
    )
    first.answers["/simple/tool/"] = (200, {"Content-Type": "text/html"}, html.encode())
    assert "tool==2.0" in run("lock", "tool", *options, "--refresh").out
    before = len(second.requests)
    assert "tool==1.0" in run("lock", "tool", "--index-url", f"{first.url}/simple").out
    assert len(second.requests) == before


def test_without_the_indexs_word_a_higher_version_elsewhere_is_nothing(run, serve) -> None:
    first, second = serve(), serve()
    page(first, "tool", [row("tool", "1.0")], **{"alternate-locations": ["https://x.invalid/"]})
    page(second, "tool", [row("tool", "2.0")])
    options = ("--extra-index-url", f"{first.url}/simple", "--index-url", f"{second.url}/simple")
    assert "tool==1.0" in run("lock", "tool", *options).out


def test_hashes_of_the_requirements_hold_the_lock_to_their_files(run, serve) -> None:
    server = serve()
    publish(server, {"tool": [("1.0", ())]}, as_json=True)
    done = run("lock", "tool", "--index-url", f"{server.url}/simple", "--generate-hashes")
    digest = done.out.partition("--hash=")[2].split()[0]
    reqs = Path("reqs.txt")
    other = "sha256:" + "0" * 64
    reqs.write_text(f"tool==1.0 --hash={other} --hash={digest}\n")
    options = ("-r", "reqs.txt", "--index-url", f"{server.url}/simple")
    done = run("lock", *options, "--generate-hashes")
    assert digest in done.out
    assert other not in done.out
    reqs.write_text(f"tool==1.0 --hash={other}\n")
    done = run("lock", *options, "-o", "c.txt")
    assert "reqs.txt:1" in failure(done, SourceFailed).problem
    assert not Path("c.txt").exists()
