"""Records are what `typing.NamedTuple` makes of the same class."""

from __future__ import annotations

import copy
import pickle
import types
import typing
from typing import Any

import pytest

from neuron_pin import record


class Light(record.NamedTuple):
    """Two fields."""

    name: str
    numbers: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.name} {len(self.numbers)}"

    def __str__(self) -> str:
        return self.label


class Typed(typing.NamedTuple):
    """Two fields."""

    name: str
    numbers: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.name} {len(self.numbers)}"

    def __str__(self) -> str:
        return self.label


def test_a_record_is_the_named_tuple_of_typing() -> None:
    ours, theirs = Light("a", (1, 2)), Typed("a", (1, 2))
    assert tuple(ours) == tuple(theirs)
    assert (str(ours), repr(ours)) == (str(theirs), repr(theirs).replace("Typed", "Light"))
    assert Light._fields == Typed._fields
    assert Light._field_defaults == Typed._field_defaults
    assert (Light.__doc__, Light.__name__, Light.__qualname__, Light.__module__) == (
        Typed.__doc__, "Light", "Light", Typed.__module__,
    )  # fmt: skip
    assert Light("b").numbers == ()
    assert ours._replace(name="c") == ("c", (1, 2))
    assert pickle.loads(pickle.dumps(ours)) == copy.deepcopy(ours) == ours
    with pytest.raises(AttributeError):
        ours.name = "d"  # type: ignore[misc]


@pytest.mark.parametrize("count", [1, 2, 5, 17, 18, 19, 40])
def test_a_record_takes_its_values_by_place_and_by_name(count: int) -> None:
    fields = {f"field{number}": int for number in range(count)}
    namespace = {"__annotations__": fields, "__qualname__": "Wide", f"field{count - 1}": 7}
    maker: Any = type(record.NamedTuple)
    wide = maker("Wide", (record.NamedTuple,), namespace)
    values = list(range(count - 1))
    assert tuple(wide(*values)) == (*values, 7)
    assert wide(**dict(zip(fields, [*values, 9], strict=True))) == (*values, 9)
    with pytest.raises(TypeError):
        wide(*values, 7, 8)
    with pytest.raises(TypeError):
        wide(*values, other=8)


def test_a_subclass_of_a_record_is_a_class() -> None:
    class More(Light):
        __slots__ = ()

        def twice(self) -> str:
            return self.name * 2

    assert More("ab").twice() == "abab"
    assert isinstance(More("ab"), Light)


def test_a_field_without_a_default_follows_none_with_one() -> None:
    names = {"__annotations__": {"first": "int", "second": "int"}, "first": 1}
    with pytest.raises(TypeError):
        types.new_class("Wrong", (record.NamedTuple,), {}, lambda made: made.update(names))


def test_a_record_is_made_of_all_its_fields() -> None:
    assert Light._make(["a", (1,)]) == Light("a", (1,))
    with pytest.raises(TypeError):
        Light._make(["a"])
    with pytest.raises((TypeError, ValueError)):
        Light("a")._replace(unknown=1)  # type: ignore[call-arg]
