"""The command line of serve: its check of itself, and what it refuses."""

import sys

import pytest
from conftest import Run, failure
from proxy_world import put_neuron

from neuron_pin.errors import NeuronPinError, UnknownName, WrongUsage
from neuron_pin.extras import install_command


def test_it_asks_itself_for_each_kind_of_page(run, pair) -> None:
    done = run("serve", "--check", *pair.options)
    assert done.code == 0, done.out
    rows = [line.split() for line in done.out.splitlines()[1:]]
    assert {row[0] for row in rows} == {"ok"}
    found = {row[1]: row[2] for row in rows}
    assert found["/healthz"] == "200"
    assert found["/simple/torch-neuronx"] == "301"
    assert found["/project/torch-neuronx/"] == "200"
    assert found["/metrics"] == "200"
    assert any(path.endswith(".whl.metadata") for path in found)
    assert "406" in {row[2] for row in rows if row[1] == "/simple/torch-neuronx/"}


def test_what_is_wrong_is_told(run, pair) -> None:
    pair.neuron.answers["/simple/torch-neuronx/"] = (500, {}, b"")
    done = run("serve", "--check", *pair.options)
    assert done.code == 3
    states = {tuple(line.split()[:2]) for line in done.out.splitlines()}
    assert {("FAILED", "/simple/torch-neuronx/"), ("ok", "/healthz")} <= states
    assert "HTTP 500" in done.out


def test_broken_wheels_are_told(run, pair) -> None:
    put_neuron(pair.neuron, "torch-neuronx", [("2.9.0.2.13.24727+8e870898", ())])
    for path in list(pair.neuron.answers):
        if "torch_neuronx" in path:
            pair.neuron.answers[path] = (200, {}, b"no wheel")
    done = run("serve", "--check", *pair.options)
    assert done.code == 3
    assert "FAILED" in done.out


# options, the error, a word of it
WRONG: list[tuple[tuple[str, ...], type[NeuronPinError], str]] = [
    (("--listen", "nonsense"), WrongUsage, "HOST:PORT"),
    (("--listen", "1.2.3.4:99999"), WrongUsage, "HOST:PORT"),
    (("--listen", "203.0.113.9:8099"), WrongUsage, "203.0.113.9"),
    (("--cache-size", "big"), WrongUsage, "big"),
    (("--sdk", "99.9"), UnknownName, "'99.9'"),
    (("--instance", "p5"), UnknownName, "'p5'"),
    (("--as-of", "soon"), WrongUsage, "soon"),
    (("--phase", "good"), UnknownName, "'good'"),
    (("--index-url", "nowhere"), WrongUsage, "nowhere"),
    (("--certfile", "/nowhere/x.pem", "--keyfile", "/nowhere/x.key"), WrongUsage, "/nowhere/x.pem"),
    (("--files", "both"), WrongUsage, "both"),
    (("--warm-up", "--no-read-ahead"), WrongUsage, "--no-read-ahead"),
]


@pytest.mark.parametrize(("options", "kind", "word"), WRONG)
def test_what_cannot_be_meant(
    run: Run, options: tuple[str, ...], kind: type[NeuronPinError], word: str
) -> None:
    done = run("serve", *options)
    assert word in failure(done, kind).message
    assert "Traceback" not in done.err


def test_find_links_are_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEURON_PIN_FIND_LINKS", "/wheels")
    assert "--find-links" in failure(run("serve", "--check"), WrongUsage).message


def test_without_its_extra_it_says_which(run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("neuron_pin.proxy.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = run("serve", "--check")
    assert done.code == 2
    assert install_command("serve") in done.err


def test_tls(pair, process, tmp_path) -> None:
    import ssl
    import subprocess
    import urllib.request

    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    index = process(*pair.options, "--certfile", str(cert), "--keyfile", str(key))
    assert index.url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=str(cert))
    with urllib.request.urlopen(f"{index.url}/healthz", context=context) as reply:
        assert reply.status == 200
