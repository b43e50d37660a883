"""`dataclass` for small values with slots: as in the standard library, but quicker to import and to make instances of.

The standard decorator compiles up to six methods per class, a third of a millisecond each time a function starts cold,
and a frozen instance sets every field through `object.__setattr__`. This one compiles one method, and fills a frozen
instance in while it still belongs to a twin class that can be changed. What comes out behaves the same: fields,
equality, hash, `replace`, `asdict`, patterns, copies, pickles, and FrozenInstanceError for whoever changes a frozen
one. docs/decisions/0081-records.md has the figures.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, slots: bool, frozen: bool = False) -> Callable[[type], type]:
        """Return the decorator, for classes without bases, `__post_init__` and fields that are not arguments."""

        def decorate(cls: type) -> type:
            if not slots or cls.__bases__ != (object,) or hasattr(cls, "__post_init__"):
                raise TypeError(f"{cls.__qualname__} needs the dataclass of the standard library")
            return _finished(dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls), frozen)

        return decorate


def _finished(cls: Any, frozen: bool) -> Any:
    """Add the methods that the class does not define itself."""
    fields = dataclasses.fields(cls)
    values = _values_of([field.name for field in fields])
    compared = _values_of([field.name for field in fields if field.compare])
    shown = [field.name for field in fields if field.repr]

    def same(self: Any, other: object) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def text(self: Any) -> str:
        return f"{cls.__qualname__}({', '.join([f'{name}={getattr(self, name)!r}' for name in shown])})"

    methods: dict[str, Any] = {
        "__eq__": same,
        "__repr__": text,
        "__reduce__": lambda self: (cls, values(self)),
        "__hash__": (lambda self: hash(compared(self))) if frozen else None,
    }
    if frozen:
        twin = type(cls.__name__, (), {"__slots__": cls.__slots__})
        begin, end = "_self_ = _new_(_twin_)", ["_self_.__class__ = _cls_", "return _self_"]
        methods["__new__"] = _compiled("__new__(_cls_, ", fields, begin, end, _new_=object.__new__, _twin_=twin)
        methods["__setattr__"] = methods["__delattr__"] = _refuse
    else:
        methods["__init__"] = _compiled("__init__(_self_, ", fields, "pass", [])
    for name, method in methods.items():
        if name not in vars(cls):
            setattr(cls, name, method)
    return cls


def _values_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads these attributes as a tuple, however few they are."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple([getattr(self, name) for name in names])


def _compiled(head: str, fields: tuple[Any, ...], begin: str, end: list[str], **names: Any) -> Any:
    """Return the method that takes the fields as arguments and sets them on `_self_`."""
    parameters, body = [], [begin]
    for field in fields:
        name = value = field.name
        if field.default_factory is not MISSING:
            names[f"_default_{name}_"], names["_missing_"] = field.default_factory, MISSING
            value = f"_default_{name}_() if {name} is _missing_ else {name}"
            name += "=_missing_"
        elif field.default is not MISSING:
            names[f"_default_{name}_"] = field.default
            name += f"=_default_{name}_"
        parameters.append(name)
        body.append(f"_self_.{field.name} = {value}")
    source = f"def {head}{', '.join(parameters)}):\n " + "\n ".join(body + end)
    exec(source, names)
    return names[head.partition("(")[0]]


def _refuse(self: Any, name: str, *value: Any) -> None:
    raise FrozenInstanceError(f"cannot change field {name!r}")
