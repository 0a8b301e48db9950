"""What is Neuron's: its index for pip, and the names that come from nowhere else.

The verifier has no catalog; a test compares this with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from .addresses import is_of_machine, is_same_index
from .lockfile import LockedPackage

INDEX = "https://pip.repos.neuron.amazonaws.com"
KINDS = ("extension", "standalone")
"""The kinds of package that Neuron publishes itself."""
NAMES = frozenset({
    "aws-neuronx-runtime-discovery", "dmlc-nnvm", "dmlc-topi", "dmlc-tvm", "inferentia-hwm",
    "jax-neuronx", "libneuronxla", "libtorch-neuronx-lite", "mx-neuron", "mxnet-neuron",
    "neuron-agentic-development", "neuron-cc", "neuronperf", "neuronx-cc", "neuronx-cc-stubs",
    "neuronx-distributed", "neuronx-distributed-inference", "neuronx-distributed-training",
    "neuronx-hwm", "nki", "nrtpy", "tensorboard-plugin-neuron", "tensorboard-plugin-neuronx",
    "tensorflow-neuron", "tensorflow-neuronx", "torch-neuron", "torch-neuronx",
    "transformers-neuronx", "vllm-neuron",
})  # fmt: skip


def is_neurons(row: LockedPackage) -> bool:
    """Whether a Python package is one that Neuron publishes."""
    return row.ecosystem == "pip" and (row.kind in KINDS or row.name in NAMES)


def is_elsewhere(row: LockedPackage, indexes: Iterable[str]) -> bool:
    """Whether a Neuron package is taken from another index than Neuron's, or a mirror of
    it.  A folder of files was named by whoever made the lock."""
    if not is_neurons(row) or not row.index or is_of_machine(row.index):
        return False
    return not any(is_same_index(row.index, index) for index in indexes)
