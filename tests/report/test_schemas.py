"""What is printed as JSON is what the committed schemas say."""

import json
from pathlib import Path

import jsonschema
import pytest
from conftest import publish

SCHEMAS = Path(__file__).parent.parent.parent / "docs/schemas"
TARGET = ("--instance", "trn2", "--python", "3.11", "--as-of", "2026-08-20")
MACHINE = ("--instance", "trn2", "--os", "ubuntu24.04", "--as-of", "2026-08-20")

STATUS = "Package: aws-neuronx-tools\nStatus: install ok installed\nVersion: 2.28.23.0-1\n\n"

# schema, command
COMMANDS = [
    ("findings", ("check", "reqs.txt", *TARGET)),
    ("findings", ("check", "uv.lock", *TARGET)),
    ("findings", ("catalog", "lint")),
    ("diff", ("diff", "2.28.1", "2.32.0")),
    ("diff", ("diff", "reqs.txt", "2.32.0")),
    ("plan", ("plan", *MACHINE)),
    ("plan", ("plan", *MACHINE, "--from", "2.27.0", "--category", "all", "--category", "efa")),
    ("plan", ("plan", "--instance", "trn1", "--os", "amzn2023", "--framework", "jax")),
    ("explain", ("explain", "torch-neuronx", *TARGET)),
    ("explain-pair", ("explain", "vllm-neuron", "with", "nki", *TARGET)),
    ("why", ("why", "neuronx-cc")),
    ("lock", ("lock", "--offline", *MACHINE)),
    ("lock", ("lock", "--offline", "torch-neuronx==2.8.*", *TARGET, "--phase", "eos")),
    ("lock", ("lock", "--offline", "--scope", "container", "--with-driver", "2.28.0.0", *MACHINE)),
    ("verify", ("verify", "lock.json", "--offline")),
    ("verify", ("verify", "lock.json", "--offline", "torch")),
    ("hook-status", ("hook", "status")),
    ("hook-status", ("hook", "status", "pip", "uv", "--root", ".")),
    ("outdated", ("outdated", "apt.json", "--as-of", "2026-08-20")),
    ("outdated", ("outdated", "reqs.txt", *TARGET)),
    ("outdated", ("outdated", "--root", ".", "--as-of", "2026-08-20")),
    ("hook-test", ("hook", "test", "aws-neuronx-tools=2.*", "bash=5", "--lock", "apt.json", "--root", ".")),
    ("policy", ("policy",)),
    ("policy", ("policy", "NP201")),
]  # fmt: skip


def schema(name: str) -> dict:
    found = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    return found


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=lambda value: " ".join(value))
def test_json_is_what_its_schema_says(run, name: str, command: tuple[str, ...]) -> None:
    Path("reqs.txt").write_text("nki\ntorch-neuronx==2.8.0.2.10.16998\n")
    Path("uv.lock").write_text("version = 2\n")
    Path("var/lib/dpkg").mkdir(parents=True)
    Path("var/lib/dpkg/status").write_text(STATUS)
    run("lock", "--offline", "-q", "neuronx-cc", *TARGET, "-o", "lock.json")
    run("lock", "--offline", "-q", *MACHINE, "--python", "3.12", "-o", "apt.json")
    done = run(*command, "--format", "json")
    document = json.loads(done.out)
    jsonschema.validate(document, schema(name), cls=jsonschema.Draft202012Validator)
    assert document["schema_version"] == 1


def test_locks_and_explanations_over_indexes(run, serve) -> None:
    server = serve()
    publish(server, {"a": [("1.0", ("b",)), ("2.0", ("b<1",))], "b": [("1.0", ())]}, as_json=True)
    index = ("--index-url", f"{server.url}/simple/")
    for name, command in (
        ("lock", ("lock", "a", "--generate-hashes")),
        ("explain", ("explain", "a")),
    ):
        document = json.loads(run(*command, *TARGET, *index, "--format", "json").out)
        jsonschema.validate(document, schema(name), cls=jsonschema.Draft202012Validator)


def test_baselines(run) -> None:
    Path("reqs.txt").write_text("nki\n")
    run("check", "reqs.txt", *TARGET, "--write-baseline", "known.json")
    jsonschema.validate(json.loads(Path("known.json").read_text()), schema("baseline"))


def test_every_schema_is_held_by_a_test() -> None:
    # What serve answers is held beside its other pages.
    held = {name for name, _ in COMMANDS} | {"baseline", "withheld"}
    assert {path.name.partition(".")[0] for path in SCHEMAS.iterdir()} == held
