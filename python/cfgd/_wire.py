"""Objects of the wire as data classes, by the types of their fields.

Fields that a class does not have are ignored, so that newer services can be used; fields with a default
may be absent or null. Names are in camel case on the wire.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from typing import Any, Mapping, Type, TypeVar, Union

T = TypeVar("T")


@functools.lru_cache(maxsize=None)
def _fields(kind: Type[Any]) -> list[tuple[str, str, Any, bool]]:
    """Of each field its name, its name on the wire, its type, and whether it may be absent."""
    hints = typing.get_type_hints(kind)
    out = []
    for field in dataclasses.fields(kind):
        words = field.name.split("_")
        wire = words[0] + "".join(word.capitalize() for word in words[1:])
        wire = field.metadata.get("wire", wire)
        absent = (
            field.default is not dataclasses.MISSING
            or field.default_factory is not dataclasses.MISSING
        )
        out.append((field.name, wire, hints[field.name], absent))
    return out


def decode(kind: Type[T], value: Any) -> T:
    """`value` as a `kind`. Raises ValueError, which names the field."""
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    found = {}
    for name, wire, hint, absent in _fields(typing.cast(Any, kind)):
        if not absent or value.get(wire) is not None:
            found[name] = member(hint, value, wire)
    return kind(**found)


def member(hint: Any, value: Any, name: str) -> Any:
    """One member of an object of the wire, as a `hint`. Raises ValueError."""
    if not isinstance(value, dict) or value.get(name) is None:
        raise ValueError(f"the field '{name}' is missing")
    try:
        return _convert(hint, value[name])
    except ValueError as why:
        raise ValueError(f"the field '{name}': {why}") from None


def _convert(hint: Any, value: Any) -> Any:
    if hint is Any:
        return value
    origin = typing.get_origin(hint)
    if origin is Union:
        return _convert(typing.get_args(hint)[0], value)
    if origin is list:
        if not isinstance(value, list):
            raise ValueError("an array is expected")
        (inner,) = typing.get_args(hint)
        return [_convert(inner, element) for element in value]
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError("an object is expected")
        inner = typing.get_args(hint)[1]
        return {name: _convert(inner, member) for name, member in value.items()}
    if dataclasses.is_dataclass(hint):
        return decode(typing.cast(Type[Any], hint), value)
    wanted = (int, float) if hint is float else hint
    if not isinstance(value, wanted) or (isinstance(value, bool) and hint is not bool):
        raise ValueError(f"{hint.__name__} is expected")
    return value


def present(**parameters: Any) -> Mapping[str, Any]:
    """The parameters that are there: None is absent, as in Varlink."""
    return {name: value for name, value in parameters.items() if value is not None}
