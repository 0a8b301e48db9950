"""What a host is and has: the document that ``neuron-pin fleet facts`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuron_pin.catalog import load_catalog
from neuron_pin.fleet.host_facts import make_document
from neuron_pin.operations.gather_facts import gather_facts

from .arguments import Arguments
from .check import WITHIN_DAYS, make_check
from .day import read_day


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """The facts by docs/schemas/host-facts.schema.json; nothing is ever changed."""
    del is_check
    arguments = Arguments(values)
    arguments.refuse_others(("root", "gather", "check", "as_of", "within"))
    catalog = load_catalog()
    check = make_check(
        catalog,
        read_day(arguments.text("as_of")),
        within_days=arguments.number("within", WITHIN_DAYS),
    )
    found = gather_facts(
        arguments.root(),
        check,
        catalog,
        is_full=arguments.choice("gather", ("summary", "full"), "summary") == "full",
        is_checked=arguments.flag("check"),
    )
    return {"changed": False, "facts": make_document(found)}
