"""The example of each rule's page, run as it is written, shows its rule."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.policy import Rule
from neuron_pin.policy.rule_pages import PAGES

REQUIREMENTS = {
    "NP206": "transformers-neuronx\nneuronx-distributed-inference==0.10.18399\n",
    "NP207": "aws-neuronx-runtime-discovery==2.9\ntorch-neuronx==2.9.0.2.15.32035\n",
    "NP305": "neuronx-cc\n",
    "NP408": "torch-neuron-x\n",
    "NP510": "neuronx-cc==2.99.1.0\n",
}
"""A requirements file in which a finding is, where the example checks one."""

FILES = {
    "NP617": (
        "values.yaml",
        "draDriver:\n  enabled: true\n  image:\n"
        "    repository: public.ecr.aws/neuron/neuron-dra-driver\n    tag: 1.1.0\n"
        "devicePlugin:\n  enabled: true\n",
    ),
    "NP618": (
        "Dockerfile",
        "FROM public.ecr.aws/neuron/pytorch-inference-neuronx:"
        "2.7.0-neuronx-py310-sdk2.24.1-ubuntu22.04\n",
    ),
}
"""Another file in which a finding is: its name and its text."""

LOCKS = {"NP513": ("aws-neuronx-runtime-lib", "--instance", "trn2", "--sdk", "2.28.1")}
"""What the lock.json is a lock of, where the example checks one."""

ELSEWHERE = {
    "NP104": "wheels of an index", "NP105": "wheels of an index", "NP108": "an apt repository",
    "NP111": "a machine", "NP112": "a machine", "NP207": "an end that is announced",
    "NP301": "an index", "NP302": "an index", "NP303": "an index", "NP304": "an apt repository",
    "NP307": "an index",
    "NP306": "a machine", "NP401": "an index", "NP402": "an index", "NP403": "an index",
    "NP404": "an index", "NP405": "an environment", "NP406": "an environment",
    "NP407": "a server", "NP507": "an environment", "NP508": "an environment",
    "NP509": "an environment",
    "NP601": "a machine", "NP602": "a machine", "NP603": "a machine", "NP604": "a machine",
    "NP605": "a machine", "NP606": "a machine", "NP607": "a machine", "NP608": "a machine",
    "NP609": "a machine", "NP610": "an image", "NP611": "a baseline", "NP612": "a machine",
    "NP613": "a machine", "NP614": "a machine",
    "NP615": "a machine", "NP616": "a machine",
    "NP502": "an index", "NP702": "broken facts", "NP703": "broken facts", "NP708": "broken facts",
}  # fmt: skip
"""What the example of a rule needs that is not here, or broken facts, which the embedded ones are
not."""

DATED = ("lock", "explain", "check")


@pytest.mark.parametrize(
    "rule", [rule for rule in Rule if rule.identifier not in ELSEWHERE], ids=lambda r: r.identifier
)
def test_the_example_shows_its_rule(rule: Rule, run: Run) -> None:
    words = shlex.split(PAGES[rule].example)[1:]
    text = REQUIREMENTS.get(rule.identifier)
    if text is not None:
        Path("requirements.txt").write_text(text)
    if rule.identifier in FILES:
        name, text = FILES[rule.identifier]
        Path(name).write_text(text)
    locked = LOCKS.get(rule.identifier)
    if locked is not None:
        run("lock", *locked, "--offline", "--as-of", "2026-08-20", "-o", "lock.json")
    if words[0] in ("lock", "explain"):
        words.append("--offline")
        words += [] if "--python" in words else ["--python", "3.11"]
    if words[0] in DATED and "--as-of" not in words:
        words += ["--as-of", "2026-08-20"]
    done = run(*words)
    assert rule.identifier in done.out + done.err
