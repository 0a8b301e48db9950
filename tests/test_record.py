"""Records are what `typing.NamedTuple` makes of the same class, enumerations what `enum.Enum` does."""

from __future__ import annotations

import copy
import enum
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


class LightColor(record.Enum):
    """Two members."""

    RED = "red"
    """Which ends."""
    DARK_BLUE = "blue"

    @property
    def is_warm(self) -> bool:
        return self is type(self).RED

    @classmethod
    def parse(cls, text: str) -> LightColor:
        return cls(text.lower())


class StandardColor(enum.Enum):
    """Two members."""

    RED = "red"
    """Which ends."""
    DARK_BLUE = "blue"

    @property
    def is_warm(self) -> bool:
        return self is type(self).RED

    @classmethod
    def parse(cls, text: str) -> StandardColor:
        return cls(text.lower())


class LightCode(record.Enum):
    number: int
    title: str

    FIRST = (1, "first")
    LAST = (9, "last")

    def __init__(self, number: int, title: str) -> None:
        self.number = number
        self.title = title


class LightStep(int, record.Enum):
    LOW = 0
    HIGH = 1


class StandardStep(enum.IntEnum):
    LOW = 0
    HIGH = 1


def describe(color: Any) -> list[object]:
    """All that a program asks of an enumeration; members by their names."""
    red = color.RED
    return [
        [member.name for member in color], [member.value for member in color], len(color),
        list(color.__members__), color("blue").name, color["DARK_BLUE"].value,
        red.is_warm, color.DARK_BLUE.is_warm, color.parse("RED").name, red in color,
        isinstance(red, color), red == "red", red == color("red"), red is color.RED,
        str(red).partition(".")[2], repr(red).partition(".")[2], color.__doc__,
        len({red, color.DARK_BLUE, color("red")}),
        copy.copy(red) is copy.deepcopy(red) is pickle.loads(pickle.dumps(red)) is red,
    ]  # fmt: skip


def test_an_enumeration_is_that_of_the_standard_library() -> None:
    assert describe(LightColor) == describe(StandardColor)
    for color in (LightColor, StandardColor):
        with pytest.raises(ValueError, match=f"'green' is not a valid {color.__name__}"):
            color("green")
        with pytest.raises(ValueError, match="not a valid"):
            color(["red"])
        with pytest.raises(KeyError):
            color["GREEN"]


def test_members_take_the_parts_of_their_values() -> None:
    assert [(code.number, code.title) for code in LightCode] == [(1, "first"), (9, "last")]
    code: Any = LightCode
    assert code((9, "last")) is LightCode.LAST


def test_members_that_are_numbers_are_ordered() -> None:
    for step in (LightStep, StandardStep):
        assert sorted([step.HIGH, step.LOW]) == [step.LOW, step.HIGH] == [0, 1]
        assert step.LOW < step.HIGH
        assert max(step) is step(1) is step.HIGH
        assert {1: "high"}[step.HIGH] == "high"
        assert repr(step.HIGH).partition(".")[2] == "HIGH: 1>"
        assert copy.deepcopy(step.HIGH) is pickle.loads(pickle.dumps(step.HIGH)) is step.HIGH


def test_no_two_members_have_one_value() -> None:
    with pytest.raises(TypeError):
        types.new_class(
            "Wrong", (record.Enum,), {}, lambda made: made.update({"ONE": 1, "SAME": 1})
        )
