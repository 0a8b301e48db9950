"""Options, then variables, then pyproject.toml."""

from pathlib import Path

import pytest
from conftest import page, row

from neuron_pin.errors import NeuronPinError, WrongUsage
from neuron_pin.settings import load_settings, redact_urls
from neuron_pin.target.detection import detect


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(f"[tool.neuron-pin]\n{text}\n")
    return folder


def test_an_option_beats_a_variable_beats_the_project(tmp_path: Path) -> None:
    folder = project(tmp_path, 'instance = "inf2"\npython = "3.10"\nos = "ubuntu22.04"')
    found = load_settings(
        {"instance": "trn2"},
        {"NEURON_PIN_INSTANCE": "trn1", "NEURON_PIN_PYTHON": "3.11"},
        str(folder),
    )
    assert (found.instance, found.python, found.os) == ("trn2", "3.11", "ubuntu22.04")


def test_lists_and_flags_and_dates_in_each_form(tmp_path: Path) -> None:
    folder = project(
        tmp_path, 'extra-index-url = ["https://a"]\noffline = true\nas-of = 2026-01-02'
    )
    found = load_settings({}, {"NEURON_PIN_PHASE": "beta rc"}, str(folder))
    assert (found.extra_index_url, found.offline) == (("https://a",), True)
    assert (found.phase, found.as_of) == (("beta", "rc"), "2026-01-02")


# the project's text or a variable, what the error says
WRONG = [
    ('instanse = "trn1"', {}, "did you mean instance"),
    ('scope = "everywhere"', {}, "not one of host"),
    ("offline = 3", {}, "true or false"),
    ("phase = 3", {}, "list of strings"),
    ("python = 3.12", {}, "not a string"),
    ("= broken", {}, "not TOML"),
    ("", {"NEURON_PIN_OFFLINE": "perhaps"}, "NEURON_PIN_OFFLINE"),
    ("", {"NEURON_PIN_PIN": "patch"}, "NEURON_PIN_PIN"),
]


@pytest.mark.parametrize(("text", "environ", "told"), WRONG)
def test_what_cannot_be_is_named(tmp_path: Path, text: str, environ: dict, told: str) -> None:
    with pytest.raises(NeuronPinError) as caught:
        load_settings({}, environ, str(project(tmp_path, text)))
    assert told in f"{caught.value.message} {caught.value.hint}"


# DMI product, os-release, what is detected
MACHINES = [
    ("trn1.32xlarge", 'ID=ubuntu\nVERSION_ID="22.04"\n', ("trn1", "ubuntu22.04")),
    ("inf2.xlarge", 'ID="amzn"\nVERSION_ID="2023"\n', ("inf2", "amzn2023")),
    ("trn1n.32xlarge", 'ID="rocky"\nVERSION_ID="9.4"\n', ("trn1n", "rocky9")),
    ("m5.large", 'ID=debian\nVERSION_ID="12"\n', ("", "debian12")),
]


@pytest.mark.parametrize(("product", "release", "expected"), MACHINES)
def test_this_machine_is_told_by_its_firmware_and_os_release(
    tmp_path: Path, product: str, release: str, expected: tuple[str, str]
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(release)
    dmi = tmp_path / "sys/devices/virtual/dmi/id"
    dmi.mkdir(parents=True)
    (dmi / "product_name").write_text(product + "\n")
    found = detect(str(tmp_path), "3.10")
    assert (found.instance, found.os) == expected


# A text, and what is printed and written of it.
ADDRESSES = [
    ("-i https://me:pw@h/simple", "-i https://h/simple"),
    ("https://me:a@b:pw@h/simple", "https://h/simple"),
    ("tool=https://tok@h http://me:p@g/x", "tool=https://h http://g/x"),
    ("https://h/simple?a=b@c", "https://h/simple?a=b@c"),
    ("https://h/x#me@y", "https://h/x#me@y"),
    ("me@example.com", "me@example.com"),
]


@pytest.mark.parametrize(("text", "expected"), ADDRESSES)
def test_addresses_lose_names_and_passwords(text: str, expected: str) -> None:
    assert redact_urls(text) == expected


def test_no_password_reaches_a_file(run, serve, tmp_path) -> None:
    server = serve()
    page(server, "tool", [row("tool", "1.0")])
    url = server.url.replace("http://", "http://me:a@b:s3cret@") + "/simple"
    outputs = [tmp_path / name for name in ("lock.json", "c.txt", "uv.toml", "pylock.toml")]
    words = [word for path in outputs for word in ("-o", path)]
    done = run("lock", "tool", "--index-url", url, "--python", "3.11", *words)
    assert done.code == 0, done.err
    for text in (done.out, done.err, *(path.read_text() for path in outputs)):
        assert "s3cret" not in text


def test_a_pin_of_one_package_is_a_requirement() -> None:
    with pytest.raises(WrongUsage) as error:
        load_settings({"pin": "neuronx-cc==3.*"}, {}, None)
    assert "neuron-pin lock 'neuronx-cc==3.*'" in error.value.hint
