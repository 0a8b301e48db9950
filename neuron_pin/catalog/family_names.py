"""Names that packages of AWS Neuron are given, where the facts do not have them: a later release
may have brought them.

A name is one of Neuron's form where no other maker of packages uses that form.  ``neuron`` alone
is no such form: the public index has hundreds of packages of simulators and neural networks with
that word, and of third parties for Neuron (``optimum-neuron``).
"""

from __future__ import annotations

import re

from .catalog import Catalog

_FORM = r"aws-neuronx?-[a-z0-9][a-z0-9.+-]*|neuronx(-[a-z0-9]+)+|([a-z0-9]+-)+neuronx(-[a-z0-9]+)*"
"""``aws-neuron-…``, ``aws-neuronx-…``, or ``neuronx`` as one word of several.

Source: the names in the release manifest; of those that the public index and Debian have, all but
the ones below are AWS's.
"""

_NAMED = frozenset(
    {
        # release-notes/components/vllm-omni-neuron.rst
        "vllm-omni-neuron",
        # release-notes/components/torchtitan-neuron.rst
        "torchtitan-neuron",
    }
)
"""Packages that no release in the facts lists and pages name, of another form."""

LEFT = {
    # The runtime as a service of its own; Neuron 1.16.0 made a library of it.
    "aws-neuron-runtime": ("1.16.0", "archive/appnotes/neuron1x/introducing-libnrt.rst"),
}
"""Packages that left Neuron before the first release in the facts: with which release, and the
page that says so."""

# The public index: a client of another company's platform, called NeuronX.
_OTHERS = frozenset({"neuronx-sdk", *LEFT})
"""Names of that form that are not newer."""


def is_name_of_form(name: str, catalog: Catalog) -> bool:
    """Whether a name, normalized, is of Neuron's form, and the facts have no package of it; of
    what announcements speak of, and no release lists, they know that it is older."""
    if "neuron" not in name or name in catalog.packages or name in catalog.products:
        return False
    if name in _NAMED:
        return True
    is_known = name in _OTHERS or name in catalog.events_by_name
    return not is_known and re.fullmatch(_FORM, name) is not None
