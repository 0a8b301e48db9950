"""``NamedTuple`` for the program's values: that of `typing` to type checkers, a lighter one at run
time.

The one of `typing` compiles every annotation when a class is made, and that of `collections`, on
which it rests, the text of a constructor and five methods more: at every start, for each class.
Here annotations stay the text that they are, methods are inherited, and classes with the same
number of fields share the code of their constructor.  Source: the documentation of
``collections.namedtuple``, whose fields and methods these classes have.
"""

from __future__ import annotations

# Not of typing, which not every command needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    import collections
    from types import FunctionType

    _Field = getattr(collections, "_tuplegetter", None)
    """What reads a field of a tuple, in C where Python has that."""
    if _Field is None:
        _Field = type(collections.namedtuple("_Pair", "first").first)

    class _Record(tuple):
        __slots__ = ()
        _fields = ()

        @classmethod
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

        def __repr__(self):
            values = zip(self._fields, self, strict=True)
            return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in values)})"

        def __getnewargs__(self):
            return tuple(self)

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

    def _make_constructor(count):
        if 0 < count <= len(_CONSTRUCTORS):
            return _CONSTRUCTORS[count - 1]
        return collections.namedtuple("_Shared", [f"field{at}" for at in range(count)]).__new__

    class _Maker(type):
        def __new__(cls, name, bases, namespace):
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", {}))
            defaults = {field: namespace[field] for field in fields if field in namespace}
            if fields[len(fields) - len(defaults) :] != tuple(defaults):
                raise TypeError(f"{name}: a field without a default follows one with a default")
            shared = _make_constructor(len(fields))
            new = FunctionType(
                shared.__code__.replace(co_name="__new__", co_varnames=("_cls", *fields)),
                shared.__globals__,
                "__new__",
                tuple(defaults.values()),
            )
            new.__qualname__ = f"{namespace['__qualname__']}.__new__"
            namespace.update((field, _Field(at, "")) for at, field in enumerate(fields))
            namespace.update(
                __slots__=(),
                __new__=new,
                __match_args__=fields,
                _fields=fields,
                _field_defaults=defaults,
            )
            return type(name, (_Record,), namespace)

    class NamedTuple(metaclass=_Maker):
        """A class of it is a tuple with named fields, as `typing.NamedTuple` makes it."""
