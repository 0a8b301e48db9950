"""A lock.json read back is the answer that it was written from."""

import json
from pathlib import Path

import pytest
from conftest import UNPRINTABLE, failure
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuron_pin.cli import main
from neuron_pin.errors import NeuronPinError, UnreadableInput
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.outputs import FORMATS

ASKED = [
    ("--instance", "trn2", "--os", "ubuntu24.04"),
    ("--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.11", "--pin", "major"),
    ("--instance", "trn1", "--os", "amzn2023", "--python", "3.11", "--pin", "minor"),
    ("--instance", "inf1", "--python", "3.10", "--phase", "eos", "--sdk", "2.20.2"),
    ("--sdk", "2.3.0", "--instance", "trn1", "--python", "3.8", "--phase", "eos"),
    ("neuronx-cc", "--instance", "trn2", "--python", "3.12", "--scope", "container"),
]
# What a lock.json does not hold, or holds otherwise.
OTHER_FORMS = {"json", "text", "pylock"}


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_every_form_is_the_same_from_the_file(run, catalog, tmp_path: Path, asked) -> None:
    path = tmp_path / "lock.json"
    assert main(["lock", "--offline", "-q", *asked, "-o", str(path)]) == 0
    resolution, command = read_resolution(str(path), catalog)
    for form in set(FORMATS) - OTHER_FORMS:
        direct = run("lock", "--offline", "-q", *asked, "--format", form)
        if direct.code == 0:
            again = FORMATS[form].render(resolution, command)
            assert _lines(again) == _lines(direct.out), form


def _lines(text: str) -> list[str]:
    """The lines less those that name the command or depend on it."""
    noise = ("#   neuron-pin", "value\tcommand", "end\t", "# neuron-pin: ")
    return [line for line in text.splitlines() if not line.startswith(noise)]


JUNK = st.one_of(
    st.none(), st.integers(), st.text(max_size=9), st.lists(st.none(), max_size=2), st.just({}),
    st.sampled_from(["==", "=2.*", "-0:*", "a\nb", UNPRINTABLE, "../x", "eos", "9" * 99]),
)  # fmt: skip


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp("lock") / "lock.json"
    assert main(["lock", "--offline", "-q", *ASKED[0], "-o", str(path)]) == 0
    return json.loads(path.read_text())


@given(st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_damaged_lock_is_an_error_with_its_file_or_a_lock(
    catalog, tmp_path_factory, document: dict, data
) -> None:
    changed = json.loads(json.dumps(document))
    for _ in range(data.draw(st.integers(1, 3))):
        packages = changed["packages"] if isinstance(changed["packages"], list) else []
        # What an earlier round has damaged may have no fields any more.
        places = [p for p in (changed, changed["target"], *packages) if isinstance(p, dict) and p]
        where = data.draw(st.sampled_from(places))
        where[data.draw(st.sampled_from(sorted(where)))] = data.draw(JUNK)
    path = tmp_path_factory.mktemp("d") / "lock.json"
    path.write_text(json.dumps(changed))
    try:
        resolution, command = read_resolution(str(path), catalog)
    except NeuronPinError as error:
        assert str(path) in error.message
        return
    for form in ("constraints", "apt-preferences", "hook-state", "uv", "pip-conf"):
        try:
            text = FORMATS[form].render(resolution, command)
        except NeuronPinError:
            # A lock with nothing for that form in it any more.
            continue
        assert "\x01" not in text
        assert text.isascii() or text.isprintable() or "\n" in text


def test_a_release_that_is_no_line_of_text_is_refused(catalog, document: dict, tmp_path) -> None:
    path = tmp_path / "lock.json"
    path.write_text(json.dumps({**document, "sdk": f"2.26.0{UNPRINTABLE}"}))
    with pytest.raises(NeuronPinError, match="sdk"):
        read_resolution(str(path), catalog)


DEEP = {"lock.json": '{"packages": [], "sdk": BRACKETS}', "pylock.toml": "packages = BRACKETS"}


@pytest.mark.parametrize("name", DEEP)
def test_a_lock_that_is_too_deep_to_be_read_is_none(run, shallow: str, name: str) -> None:
    Path(name).write_text(DEEP[name].replace("BRACKETS", shallow))
    done = run("diff", name, "latest")
    assert failure(done, UnreadableInput).path == name
