"""What a file of OCPI objects holds for us: read with every repair there is, and with an account of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from laddnav.kit.ids import NotAPartyId, PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.kit.time import rfc3339
from laddnav.locations.model import Location
from laddnav.ocpi.deviations.quirks import Repair, mended
from laddnav.ocpi.telling.losses import lost
from laddnav.ocpi.wire.codec import Codec, Hearing, parsed
from laddnav.ocpi.wire.terms import version_of
from laddnav.ocpi.wire.versions import USUAL, VERSIONS
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Token

NEWEST = list(VERSIONS)[-1]

T = TypeVar("T")

# What only a look at a whole object shows; the sentence has the field's name and what it said put in.
OBJECTS = {
    "another-owner": "it named {said} as its owner; it is kept under the party it was imported for",
    "hours-unsaid": "opening_times did not say when it is open and was left out",
    "inline-tariff": "tariff {said} stood inside the Evse; its Connectors now name it",
    "missing-instant": "last_updated was missing; it is the moment of the import",
    "missing-publish": "publish was missing and counts as true",
    "unknown-field": "OCPI {version} has no field {field}; it was left out",
    "unknown-word": "{said} is no word of OCPI {version} for {field}; it is kept as it is",
}


class Unusable(Struct, frozen=True, kw_only=True):
    """One object that could not be taken, and why."""

    pointer: str
    says: str


class Found(Struct, frozen=True, kw_only=True):
    """What a file holds for us, and what had to be done to it."""

    locations: tuple[Location, ...] = ()
    tariffs: tuple[Tariff, ...] = ()
    tokens: tuple[Token, ...] = ()
    repairs: tuple[Repair, ...] = ()
    unusable: tuple[Unusable, ...] = ()


class NoObjects(Unreadable):
    """The file is JSON, but neither a list nor one of the packings that lists come in."""


def objects_in(document: bytes) -> list[tuple[str, Any]]:
    """(JSON pointer, words) of each object: a list, OCPI's envelope, `items`, one object alone, or JSON lines.

    Raises Unreadable, NoObjects.
    """
    try:
        words = parsed(document)
    except Unreadable:
        lines = [line for line in document.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [(f"/{number}", parsed(line)) for number, line in enumerate(lines)]
    pointer = ""
    if isinstance(words, dict) and not {"id", "uid"} & set(words):
        name = next((name for name in ("data", "items", "locations", "tariffs", "tokens") if name in words), None)
        if name is None:
            raise NoObjects("The file holds neither a list nor `data` nor `items`")
        words, pointer = words[name], f"/{name}"
    if isinstance(words, dict):
        return [(pointer, words)]
    if not isinstance(words, list):
        raise NoObjects("The file holds neither a list nor an object")
    return [(f"{pointer}/{index}", one) for index, one in enumerate(words)]


def locations_in(document: bytes, owner: PartyId, now: datetime, version: str | None = None) -> Found:
    """Its Locations and the Tariffs that stand inside them, all as `owner`'s. Raises Unreadable, NoObjects.

    Where no `version` is given, each object tells by its words in which it is.
    """
    reading = _Reading(owner, now, version)
    for pointer, words in objects_in(document):
        reading.take(pointer, words, Location)
    return reading.found()


def tariffs_in(document: bytes, owner: PartyId, now: datetime, version: str | None = None) -> Found:
    """Raises Unreadable, NoObjects."""
    reading = _Reading(owner, now, version)
    for pointer, words in objects_in(document):
        reading.take(pointer, words, Tariff)
    return reading.found()


def spelling(thing: Any) -> Codec[Any, Any]:
    """What to write a thing in so that it is read again as it is."""
    return VERSIONS[fitting(thing)].codecs[type(thing)]


def fitting(thing: Any) -> str:
    """The version to write a thing in so that it is read again as it is; of a Tariff, an older one may say more.

    CDRs are in one version, and what of them a newer one has words for is the names of taxes.
    """
    match thing:
        case Tariff():
            hearing = Hearing(holder=thing.owner, sender=thing.owner)
            choices = (USUAL, NEWEST, *VERSIONS)
            return next((one for one in choices if not VERSIONS[one].codecs[Tariff].lost(thing, hearing)), NEWEST)
        case Location() | Token():
            return NEWEST if lost(VERSIONS[USUAL], thing, thing.owner) else USUAL
        case _:
            return USUAL


def tokens_in(document: bytes, owner: PartyId, now: datetime, version: str | None = None) -> Found:
    """Raises Unreadable, NoObjects."""
    reading = _Reading(owner, now, version)
    for pointer, words in objects_in(document):
        reading.take(pointer, words, Token)
    return reading.found()


class _Reading:
    """Reads one file object by object: an object that cannot be taken leaves nothing behind but its reason."""

    def __init__(self, owner: PartyId, now: datetime, version: str | None) -> None:
        self._owner = owner
        self._now = now
        self._version = version
        self._hearing = Hearing(holder=owner, sender=owner)
        self._things: dict[tuple[type[Any], str], Any] = {}
        self._repairs: list[Repair] = []
        self._unusable: list[Unusable] = []

    def found(self) -> Found:
        return Found(
            locations=self._all(Location),
            tariffs=self._all(Tariff),
            tokens=self._all(Token),
            repairs=tuple(self._repairs),
            unusable=tuple(self._unusable),
        )

    def take(self, pointer: str, words: Any, kind: type[Any]) -> None:
        repairs: list[Repair] = []
        try:
            said, done = mended(words, pointer=pointer)
            repairs += done
            if not isinstance(said, dict):
                raise Unreadable("Expected `object` - at `$`")
            inside = list(_without_inline_tariffs(said, pointer, repairs))
            things = [self._read(kind, self._version or _version(kind, said), said, pointer, repairs)]
            things += [self._read(Tariff, USUAL, tariff, at, repairs) for at, tariff in inside]
        except (Unreadable, NotAPartyId) as error:
            self._unusable.append(Unusable(pointer=pointer, says=str(error)))
            return
        self._repairs += repairs
        for thing in things:
            self._keep(thing, pointer)

    def _read(self, kind: type[T], version: str, said: dict[str, Any], pointer: str, repairs: list[Repair]) -> T:
        codec: Codec[Any, Any] = VERSIONS[version].codecs[kind]
        owner = f"{said.get('country_code', '')}*{said.get('party_id', '')}"
        if owner != str(self._owner):
            if owner != "*":
                repairs.append(_repair("another-owner", pointer, said=owner))
            if "country_code" in codec.wire.__struct_fields__:
                said |= {"country_code": self._owner.country, "party_id": self._owner.party}
        for at, one in _dated(said, pointer, codec.wire):
            repairs.append(_repair("missing-instant", at))
            one["last_updated"] = said.get("last_updated", rfc3339(self._now))
        if kind is Location:
            _settle_location(said, pointer, repairs)
        repairs += _unlisted(said, pointer, codec.wire, version)
        thing: T = codec.convert(said, self._hearing)
        return thing

    def _keep(self, thing: Any, pointer: str) -> None:
        """The same id once more is the same object, unless it says something else: then the first one stands."""
        key = (type(thing), fold(f"{thing.type}/{thing.uid}" if isinstance(thing, Token) else thing.id))
        first = self._things.setdefault(key, thing)
        if _undated(first) != _undated(thing):
            what = f"{type(thing).__name__} {thing.uid if isinstance(thing, Token) else thing.id}"
            says = f"{what} occurs again and says something else; the first one is kept"
            self._unusable.append(Unusable(pointer=pointer, says=says))

    def _all(self, kind: type[T]) -> tuple[T, ...]:
        return tuple(thing for (one, _), thing in self._things.items() if one is kind)


def _version(kind: type[Any], said: dict[str, Any]) -> str:
    """That of a Tariff by all of its words; of others, the newest where it alone has one of their fields."""
    if kind is Tariff:
        return version_of(said)
    return NEWEST if _known(kind, NEWEST, said) - _known(kind, USUAL, said) else USUAL


def _known(kind: type[Any], version: str, said: dict[str, Any]) -> set[tuple[str, str]]:
    """(where, field) of what the version has a field for."""
    wire = VERSIONS[version].codecs[kind].wire
    return {(at, field) for at, one, fields in _objects(said, "", wire) for field in one if field in fields}


def _undated(thing: Any) -> Any:
    return msgspec.structs.replace(thing, last_updated=None)


def _repair(name: str, pointer: str, *, field: str = "", said: str = "", version: str = USUAL) -> Repair:
    return Repair(name=name, pointer=pointer, says=OBJECTS[name].format(field=field, said=said, version=version))


def _without_inline_tariffs(
    location: dict[str, Any], pointer: str, repairs: list[Repair]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Take the tariffs out of the Evses, and leave their ids at the Connectors."""
    for number, evse in enumerate(_dicts(location.get("evses"))):
        at = f"{pointer}/evses/{number}"
        inline = _dicts(evse.pop("tariffs", None))
        ids = [str(tariff.get("id", "")) for tariff in inline]
        for connector in _dicts(evse.get("connectors")):
            connector["tariff_ids"] = connector.get("tariff_ids") or ids
        for index, tariff in enumerate(inline):
            where = f"{at}/tariffs/{index}"
            repairs.append(_repair("inline-tariff", where, said=ids[index]))
            said = {"last_updated": evse.get("last_updated")} | tariff
            yield where, {name: value for name, value in said.items() if value is not None}


def _settle_location(location: dict[str, Any], pointer: str, repairs: list[Repair]) -> None:
    if "publish" not in location:
        repairs.append(_repair("missing-publish", pointer))
        location["publish"] = True
    hours = location.get("opening_times")
    if isinstance(hours, dict):
        hours.setdefault("twentyfourseven", not hours.get("regular_hours"))
        if not hours["twentyfourseven"] and not hours.get("regular_hours"):
            repairs.append(_repair("hours-unsaid", f"{pointer}/opening_times"))
            del location["opening_times"]


def _dated(said: Any, pointer: str, wire: type) -> Iterator[tuple[str, dict[str, Any]]]:
    """The object and those inside it that need a last_updated and have none; outer ones first."""
    for at, one, fields in _objects(said, pointer, wire):
        if "last_updated" in fields and not one.get("last_updated"):
            yield at, one


def _unlisted(said: Any, pointer: str, wire: type, version: str) -> Iterator[Repair]:
    """What the version does not list: fields, which are passed over, and words, which are kept."""
    lists = VERSIONS[version].lists
    for at, one, fields in _objects(said, pointer, wire):
        for field, value in one.items():
            if field not in fields:
                yield _repair("unknown-field", f"{at}/{field}", field=field, version=version)
            elif field in lists:
                for word in value if isinstance(value, list) else [value]:
                    if word not in lists[field]:
                        yield _repair("unknown-word", f"{at}/{field}", field=field, said=str(word), version=version)


def _objects(said: Any, pointer: str, wire: type) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(pointer, words, the fields that its struct has) of the object and everything inside it."""
    if not isinstance(said, dict):
        return
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(wire)}
    yield pointer, said, fields
    for name, kind in fields.items():
        inner = _struct_in(kind)
        if inner is not None and name in said:
            many = said[name] if isinstance(said[name], list) else None
            for index, one in enumerate(many if many is not None else [said[name]]):
                yield from _objects(one, f"{pointer}/{name}" + (f"/{index}" if many is not None else ""), inner)


def _struct_in(kind: Any) -> type | None:
    """The struct that a field's type speaks of, through its Optional, tuple and Annotated."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind
    return next((found for part in getattr(kind, "__args__", ()) if (found := _struct_in(part))), None)


def _dicts(words: Any) -> list[dict[str, Any]]:
    return [one for one in words if isinstance(one, dict)] if isinstance(words, list) else []
