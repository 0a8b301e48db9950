"""What values of HCL are worth by the variables and locals of their own file.

Source: HashiCorp, "Input Variables" and "Local Values" of Terraform and of Packer.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from neuron_pin.inputs.containers.installation import NotUnderstood, find_names

from .hcl_document import HclBlock, HclList, HclOther, HclText, HclValue
from .yaml_scripts import unknown_variable

_INTERPOLATION = re.compile(r"(?<!\$)\$\{(.*?)\}", re.S)


class HclValues:
    """The variables with defaults and the locals of a file; ``unread`` is what was asked for and
    is not known, with those of ``names`` in it."""

    def __init__(self, body: HclBlock, names: Container[str]) -> None:
        self.names = names
        self.known: dict[str, str] = {}
        self.unread: list[NotUnderstood] = []
        for block in body.blocks:
            default = block.get("default")
            if block.kind == "variable" and block.labels and isinstance(default, HclText):
                self.known[f"var.{block.labels[0]}"] = default.text
            elif block.kind == "variable" and block.labels and isinstance(default, HclOther):
                if re.fullmatch(r"[\d.]+|true|false", default.text):
                    self.known[f"var.{block.labels[0]}"] = default.text
            elif block.kind == "locals":
                for name, value in block.attributes:
                    if isinstance(value, HclText):
                        self.known[f"local.{name}"] = self.fill(value.text)

    def fill(self, text: str) -> str:
        """A text with its interpolations filled in."""

        def value(match: re.Match[str]) -> str:
            expression = match[1].strip()
            found = self.known.get(expression)
            return unknown_variable(expression) if found is None else found

        return _INTERPOLATION.sub(value, text).replace("$${", "${")

    def list_texts(self, value: HclValue | None) -> Iterator[HclText]:
        """The texts of a value, of a list those of its items; interpolations stay in them."""
        if isinstance(value, HclText):
            yield value
        elif isinstance(value, HclList):
            for item in value.items:
                yield from self.list_texts(item)
        elif isinstance(value, HclOther):
            known = self.known.get(value.text)
            if known is not None:
                yield HclText(known, value.line, ((value.line, known),))
            else:
                found = find_names(value.text, self.names)
                reason = "an expression that is not evaluated"
                self.unread.append(NotUnderstood(value.text, value.line, reason, found))
