"""``NamedTuple`` and ``Enum`` for the program's values: those of `typing` and `enum` to type
checkers, lighter ones at run time.

The tuple of `typing` compiles every annotation when a class is made, and that of `collections`, on
which it rests, the text of a constructor and five methods more: at every start, for each class.
Here annotations stay the text that they are, methods are inherited, and classes with the same
number of fields share the code of their constructor.  Source: the documentation of
``collections.namedtuple``, whose fields and methods these classes have.

An enumeration of `enum` makes each member by several calls in Python, at every start, and hashes
it by one.  Here a member is an object like any other, and hashed as one.  Source: the
documentation of `enum`; what nothing here needs is missing: aliases, flags, ``auto``.
"""

from __future__ import annotations

# Not of typing, which not every command needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import Enum as Enum
    from typing import NamedTuple as NamedTuple
else:
    import collections
    from types import FunctionType

    _Field = getattr(collections, "_tuplegetter", None)
    """What reads a field of a tuple, in C where Python has that."""
    if _Field is None:
        _Field = type(collections.namedtuple("_Pair", "first").first)

    _FIELDS = []
    """What reads a field, by its place: the same for every class."""

    def _make(cls, values):
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **changes):
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return made

    def _asdict(self):
        return dict(zip(self._fields, self, strict=True))

    def _repr(self):
        values = zip(self._fields, self, strict=True)
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in values)})"

    def _getnewargs(self):
        return tuple(self)

    # In each class, as `collections` has it: one base more costs more than five names.
    _METHODS = {
        "_make": classmethod(_make),
        "_replace": _replace,
        "_asdict": _asdict,
        "__repr__": _repr,
        "__getnewargs__": _getnewargs,
        "__slots__": (),
    }

    _new = tuple.__new__
    _CONSTRUCTORS = (
        lambda _cls, a: _new(_cls, (a,)),
        lambda _cls, a, b: _new(_cls, (a, b)),
        lambda _cls, a, b, c: _new(_cls, (a, b, c)),
        lambda _cls, a, b, c, d: _new(_cls, (a, b, c, d)),
        lambda _cls, a, b, c, d, e: _new(_cls, (a, b, c, d, e)),
        lambda _cls, a, b, c, d, e, f: _new(_cls, (a, b, c, d, e, f)),
        lambda _cls, a, b, c, d, e, f, g: _new(_cls, (a, b, c, d, e, f, g)),
        lambda _cls, a, b, c, d, e, f, g, h: _new(_cls, (a, b, c, d, e, f, g, h)),
        lambda _cls, a, b, c, d, e, f, g, h, i: _new(_cls, (a, b, c, d, e, f, g, h, i)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j: _new(_cls, (a, b, c, d, e, f, g, h, i, j)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k: _new(_cls, (a, b, c, d, e, f, g, h, i, j, k)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m: _new(
            _cls, (a, b, c, d, e, f, g, h, i, j, k, m)
        ),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m, n: _new(
            _cls, (a, b, c, d, e, f, g, h, i, j, k, m, n)
        ),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m, n, p: _new(
            _cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, p)
        ),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m, n, p, q: _new(
            _cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, p, q)
        ),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m, n, p, q, r: _new(
            _cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, p, q, r)
        ),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m, n, p, q, r, s: _new(
            _cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, p, q, r, s)
        ),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m, n, p, q, r, s, t: _new(
            _cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, p, q, r, s, t)
        ),
    )
    """By the number of fields, from one on, what makes the tuple.  Written out, they are compiled
    with this file; `collections` compiles its own anew at every start."""

    def _new_of_many(cls, /, *values, **named):
        """The constructor for more fields than those above have."""
        given = dict(zip(cls._fields, values, strict=False))
        unknown = [*values[len(given) :], *(n for n in named if n in given or n not in cls._fields)]
        given = {**cls._field_defaults, **given, **named}
        if unknown or len(given) != len(cls._fields):
            raise TypeError(f"{cls.__name__}: wrong arguments, or one is missing")
        return _new(cls, map(given.__getitem__, cls._fields))

    def _make_constructor(fields, defaults, name):
        """What makes a record with these fields, whose last ones have these defaults."""
        if not 0 < len(fields) <= len(_CONSTRUCTORS):
            return _new_of_many
        shared = _CONSTRUCTORS[len(fields) - 1]
        code = shared.__code__.replace(co_name="__new__", co_varnames=("_cls", *fields))
        made = FunctionType(code, shared.__globals__, "__new__", tuple(defaults.values()))
        made.__qualname__ = f"{name}.__new__"
        return made

    class _Maker(type):
        def __new__(cls, name, bases, namespace):
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", {}))
            defaults = {field: namespace[field] for field in fields if field in namespace}
            if fields[len(fields) - len(defaults) :] != tuple(defaults):
                raise TypeError(f"{name}: a field without a default follows one with a default")
            new = _make_constructor(fields, defaults, namespace["__qualname__"])
            while len(_FIELDS) < len(fields):
                _FIELDS.append(_Field(len(_FIELDS), ""))
            namespace = {**_METHODS, **namespace, **dict(zip(fields, _FIELDS, strict=False))}
            namespace["__new__"] = new
            namespace["__match_args__"] = namespace["_fields"] = fields
            namespace["_field_defaults"] = defaults
            return type(name, (tuple,), namespace)

    class NamedTuple(metaclass=_Maker):
        """A class of it is a tuple with named fields, as `typing.NamedTuple` makes it."""

    class _Enumeration(type):
        def __new__(cls, name, bases, namespace):
            values = {
                key: value
                for key, value in namespace.items()
                if not key.startswith("_") and not hasattr(value, "__get__")
            }
            rest = {key: value for key, value in namespace.items() if key not in values}
            if len(bases) > 1:
                # Before what the type that is mixed in has.
                rest["__repr__"] = Enum.__repr__
            made = super().__new__(cls, name, bases, rest)
            mixed = bases[0] if len(bases) > 1 else None
            initialize = rest.get("__init__")
            made.__members__ = {}
            made._by_value = {}
            for key, value in values.items():
                if value in made._by_value:
                    raise TypeError(f"{name}.{key}: another member has this value")
                member = mixed.__new__(made, value) if mixed else object.__new__(made)
                member.name = key
                member.value = value
                if initialize is not None:
                    initialize(member, *value)
                setattr(made, key, member)
                made.__members__[key] = made._by_value[value] = member
            return made

        def __call__(cls, value):
            try:
                return cls._by_value[value]
            except (KeyError, TypeError):
                raise ValueError(f"{value!r} is not a valid {cls.__qualname__}") from None

        def __getitem__(cls, name):
            return cls.__members__[name]

        def __iter__(cls):
            return iter(cls.__members__.values())

        def __len__(cls):
            return len(cls.__members__)

        def __contains__(cls, value):
            return isinstance(value, cls) or value in cls._by_value

    class Enum(metaclass=_Enumeration):
        """An enumeration, as `enum.Enum` makes it."""

        def __repr__(self):
            return f"<{self}: {self.value!r}>"

        def __str__(self):
            return f"{type(self).__name__}.{self.name}"

        def __reduce__(self):
            return type(self), (self.value,)
