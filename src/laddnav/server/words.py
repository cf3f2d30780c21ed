"""How the operator API spells our nouns, and the JSON schema of that: one walk over a type gives both.

A party is SE*LAD. A field whose type knows its unit says it in its name: `energy_wh`, `power_max_w`, `time_s`. Numbers
keep their digits; instants are RFC 3339 in UTC. A field called `thing` is spelt as a part of what holds it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec import inspect as types

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.notes import Note
from laddnav.kit.power import Power
from laddnav.kit.time import rfc3339
from laddnav.locations.model import Connector
from laddnav.pricing.reasons import Reason
from laddnav.scheduling.notes import Said
from laddnav.sessions.model import Session

Schema = dict[str, Any]

# A running charge is kept with its two folds; what they have come to stands beside them.
LEFT_OUT: dict[type, frozenset[str]] = {Session: frozenset({"meter", "tab"})}
# Bare numbers whose unit stands in a comment of the model.
UNITS: dict[type, dict[str, str]] = {Connector: {"voltage_max": "_v", "amperage_max": "_a", "power_max": "_w"}}

_STRING: Schema = {"type": "string"}
_REASON: Schema = {
    "type": "object",
    "required": ["code", "text"],
    "properties": {"code": _STRING, "text": _STRING},
}
_SAID: Schema = {
    "type": "object",
    "required": ["kind", "values", "text"],
    "properties": {
        "kind": {"type": ["string", "null"]},
        "values": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
        "text": _STRING,
    },
}
_MICROSECOND = timedelta(microseconds=1)


class Spelt(Struct, frozen=True, kw_only=True):
    """`unit` is the end that the name of a field of this type gets. `show` None: as it is."""

    schema: Schema
    show: Callable[[Any], Any] | None = None
    unit: str = ""


class Speller:
    """Knows each type once; `components` are the schemas of the structs met so far.

    An answer has all its fields; of what is `asked`, those with a default may be left out. `called` is shared by all
    who spell one document: where two rooms have a noun of the same name, the later one bears its room's name before it.
    """

    def __init__(self, *, asked: bool = False, called: dict[str, Any] | None = None) -> None:
        self._asked = asked
        self.called = {} if called is None else called
        self.components: dict[str, Schema] = {}
        self._known: dict[Any, Spelt] = {}

    def of(self, kind: Any) -> Spelt:
        if kind not in self._known:
            self._known[kind] = self._of(types.type_info(kind))
        return self._known[kind]

    def _of(self, node: types.Type) -> Spelt:
        match node:
            case types.StructType():
                return _UNITED.get(node.cls) or self._struct(node)
            case types.VarTupleType() | types.ListType():
                item = self._of(node.item_type)
                return Spelt(schema={"type": "array", "items": item.schema}, show=_each(item.show))
            case types.FrozenSetType():
                item = self._of(node.item_type)
                schema = {"type": "array", "items": item.schema, "uniqueItems": True}
                return Spelt(schema=schema, show=_in_order(item.show))
            case types.TupleType():
                items = [self._of(one) for one in node.item_types]
                schema = {"type": "array", "prefixItems": [one.schema for one in items], "items": False}
                return Spelt(schema=schema, show=_each_its_own([one.show for one in items]))
            case types.DictType():
                value = self._of(node.value_type)
                return Spelt(schema={"type": "object", "additionalProperties": value.schema})
            case types.UnionType():
                return self._union(node)
            case types.Metadata():
                return self._of(node.type)
            case types.EnumType():
                return Spelt(schema={"type": "string", "enum": [one.value for one in node.cls]})
            case _:
                return _simple(node)

    def _union(self, node: types.UnionType) -> Spelt:
        """Of one type and None, or of several that are spelt alike."""
        if {getattr(one, "cls", type(one)) for one in node.types} == {Note, types.StrType}:
            return _NOTE
        some = [self._of(one) for one in node.types if not isinstance(one, types.NoneType)]
        if len(some) > 1:
            assert not any(one.show for one in some), "a union of nouns has no spelling of its own"
            return Spelt(schema={"anyOf": [one.schema for one in some]})
        (one,) = some
        if not any(isinstance(other, types.NoneType) for other in node.types):
            return one
        return Spelt(schema=_or_null(one.schema), show=_unless_none(one.show), unit=one.unit)

    def _struct(self, node: types.StructType) -> Spelt:
        name = self._name_of(node.cls)
        if name not in self.components:
            self.components[name] = {}
        parts = self._parts(node)
        properties = {spelling: spelt.schema for spelling, (_, spelt, _) in parts.items()}
        required = [spelling for spelling, (_, _, always) in parts.items() if always]
        schema = {"type": "object", "properties": properties, "required": required}
        assert self.components[name] in ({}, schema), f"two nouns are called {name}"
        self.components[name] = schema
        steps = [(spelling, read, spelt.show) for spelling, (read, spelt, _) in parts.items()]

        def show(thing: Any) -> dict[str, Any]:
            return {spelling: read(thing) if how is None else how(read(thing)) for spelling, read, how in steps}

        def show_what_is_there(thing: Any) -> dict[str, Any]:
            return {spelling: said for spelling, said in show(thing).items() if said is not None}

        spelt = show_what_is_there if _is_sparse(node) else show
        return Spelt(schema={"$ref": f"#/components/schemas/{name}"}, show=spelt)

    def _name_of(self, kind: Any) -> str:
        plain = _plain(kind)
        name: str = plain.__name__
        if self.called.setdefault(name, plain) is not plain:
            name = plain.__module__.split(".")[1].capitalize() + name
        return "Of".join([name, *(self._name_of(one) for one in getattr(kind, "__args__", ()))])

    def _parts(self, node: types.StructType) -> dict[str, tuple[Callable[[Any], Any], Spelt, bool]]:
        """By spelling: how to get it from the struct, how it is spelt, and whether it is always there."""
        parts: dict[str, tuple[Callable[[Any], Any], Spelt, bool]] = {}
        cls = _plain(node.cls)
        # The thing first, so that what stands beside it wins.
        for field in sorted(node.fields, key=lambda field: field.name != "thing"):
            if field.name == "thing":
                assert isinstance(field.type, types.StructType)
                for spelling, (read, spelt, always) in self._parts(field.type).items():
                    parts[spelling] = (_through(read), spelt, always)
            elif field.name not in LEFT_OUT.get(cls, frozenset()):
                spelt = self._of(field.type)
                unit = UNITS.get(cls, {}).get(field.name, spelt.unit)
                parts[field.name + unit] = (
                    _getter(field.name),
                    spelt,
                    field.required or not (self._asked or _is_sparse(node)),
                )
        return parts


def _said(note: Said) -> dict[str, Any]:
    """What a site said of itself before notes had kinds is a text of no kind."""
    if isinstance(note, str):
        return {"kind": None, "values": {}, "text": note}
    return {"kind": str(note.kind), "values": note.values, "text": note.text}


_NOTE = Spelt(schema=_SAID, show=_said)
_UNITED: dict[type, Spelt] = {
    PartyId: Spelt(schema={**_STRING, "pattern": r"^[A-Z]{2}\*[A-Z0-9]{3}$"}, show=str),
    Energy: Spelt(schema={"type": "number"}, show=lambda energy: energy.wh, unit="_wh"),
    Power: Spelt(schema={"type": "number"}, show=lambda power: power.watts, unit="_w"),
    Note: _NOTE,
    Reason: Spelt(schema=_REASON, show=lambda reason: {"code": reason.code.value, "text": str(reason)}),
}


def _simple(node: types.Type) -> Spelt:
    match node:
        case types.StrType():
            bounds = _bounds(minLength=node.min_length, maxLength=node.max_length, pattern=node.pattern)
            return Spelt(schema=_STRING | bounds)
        case types.LiteralType():
            return Spelt(schema={"enum": list(node.values)})
        case types.BoolType():
            return Spelt(schema={"type": "boolean"})
        case types.IntType():
            return Spelt(schema={"type": "integer"} | _bounds(minimum=node.ge, maximum=node.le))
        case types.FloatType() | types.DecimalType():
            return Spelt(schema={"type": "number"})
        case types.DateTimeType():
            return Spelt(schema={**_STRING, "format": "date-time"}, show=rfc3339)
        case types.DateType():
            return Spelt(schema={**_STRING, "format": "date"})
        case types.TimeType():
            return Spelt(schema={**_STRING, "format": "time"})
        case types.TimeDeltaType():
            return Spelt(schema={"type": "number"}, show=_seconds, unit="_s")
        case types.BytesType():
            return Spelt(schema={**_STRING, "contentEncoding": "base64"}, show=lambda some: b64encode(some).decode())
        case types.AnyType() | types.RawType():
            return Spelt(schema={})
        case _:
            raise AssertionError(f"{node} has no spelling in the operator API")


def _seconds(length: timedelta) -> Decimal | int:
    whole, rest = divmod(length, timedelta(seconds=1))
    return whole if not rest else Decimal(length // _MICROSECOND).scaleb(-6).normalize()


def _bounds(**bounds: int | float | str | None) -> Schema:
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _each(show: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    return None if show is None else lambda items: [show(one) for one in items]


def _in_order(show: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    return lambda items: [one if show is None else show(one) for one in sorted(items)]


def _each_its_own(shows: list[Callable[[Any], Any] | None]) -> Callable[[Any], Any]:
    return lambda items: [one if show is None else show(one) for one, show in zip(items, shows, strict=True)]


def _unless_none(show: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    return None if show is None else lambda value: None if value is None else show(value)


def _getter(name: str) -> Callable[[Any], Any]:
    return lambda struct: getattr(struct, name)


def _through(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda struct: read(struct.thing)


def _is_sparse(node: types.StructType) -> bool:
    """Its struct says that what was not given is left out."""
    sparse: bool = _plain(node.cls).__struct_config__.omit_defaults  # type: ignore[attr-defined]  # every Struct has one
    return sparse


def _plain(kind: Any) -> type:
    """The class behind a generic one."""
    plain: type = getattr(kind, "__origin__", kind)
    return plain
