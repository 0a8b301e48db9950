"""``NamedTuple`` for the program's values: that of `typing` to type checkers, a lighter one at run
time.

The one of `typing` compiles and checks the annotation of every field when its class is made, which
is at every start; here annotations stay the text that they are.
"""

from __future__ import annotations

from collections import namedtuple

# Not of typing, which not every command needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    _OF_A_CLASS = {"__module__", "__qualname__", "__annotations__"}

    class _Maker(type):
        def __new__(cls, name, bases, namespace):
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = namespace.get("__annotations__", {})
            defaults = [namespace[field] for field in fields if field in namespace]
            made = namedtuple(name, fields, defaults=defaults, module=namespace["__module__"])
            made.__annotations__ = fields
            made.__qualname__ = namespace["__qualname__"]
            made.__doc__ = namespace.get("__doc__")
            for key, value in namespace.items():
                if key not in fields and key not in _OF_A_CLASS:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """A class of it is a tuple with named fields, as `typing.NamedTuple` makes it."""
