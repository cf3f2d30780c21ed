"""What every codec promises: read a partner's words, write ours, and lose nothing in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import Raw, Struct

from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import rfc3339
from laddnav.ocpi.wire.printable import held, in_ascii, unlooked
from laddnav.ocpi.wire.shared.scalars import from_json, instant, number_in, to_json
from laddnav.parties.model import Role

W = TypeVar("W", bound=Struct)
M = TypeVar("M")

_words = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(enc_hook=to_json, decimal_format="number")
# Arithmetic, because a number that is one may still be more hours than there are.
UNREADABLE = (msgspec.DecodeError, RecursionError, ValueError, ArithmeticError)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Unsayable(Refusal):
    """A version has no words for this, and other words would say something else; the message says which."""


class Hearing(Struct, frozen=True, kw_only=True):
    """Who listens to whom: what a partner's words do not say themselves.

    `sender` owns objects whose version has no field for an owner, and `role` is what it plays towards us where nothing
    says so; `ref` names the row in which a new object is kept.
    """

    holder: PartyId
    sender: PartyId
    role: Role = Role.OTHER
    ref: str = ""


def unmarked(body: bytes) -> bytes:
    """Some begin with what tells the order of bytes, and is no JSON."""
    return body.removeprefix(_BYTE_ORDER_MARK)


def parsed(body: bytes) -> Any:
    """JSON as plain dicts, lists and Decimals. Raises Unreadable."""
    try:
        return _words.decode(unmarked(body))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def encoded(words: Any) -> bytes:
    """Plain words, or a wire struct, as JSON."""
    return _encoder.encode(words)


class Codec(Generic[W, M]):
    """One object in one OCPI version: its wire shape, the way there and back.

    `appends` names the lists whose members a PATCH adds instead of replacing them, `repeats` a list whose members are
    for the most part those of other objects too: `read` is given their bytes.
    """

    def __init__(
        self,
        wire: type[W],
        read: Callable[[W, Hearing], M],
        write: Callable[[M], W],
        *,
        appends: frozenset[str] = frozenset(),
        repeats: str | None = None,
    ) -> None:
        self.wire = wire
        self.read = read
        self.write = write
        self._appends = appends
        self._decoder = _Decoder(wire)
        self._shallow = None if repeats is None else _Decoder(_with_bytes(wire, repeats))

    def decode(self, body: bytes, hearing: Hearing) -> M:
        """Raises Unreadable, naming the field by its path, and NotAPartyId."""
        body = unmarked(body)
        if self._shallow is not None:
            with suppress(*UNREADABLE):  # what is wrong is named by its whole path only where all is read at once
                return self.read(self._shallow.decode(body), hearing)
        try:
            return self.read(self._decoder.decode(body), hearing)
        except UNREADABLE as error:
            raise Unreadable(str(error)) from error

    def convert(self, words: Any, hearing: Hearing) -> M:
        """As decode, from words that are parsed already."""
        try:
            return self.read(msgspec.convert(words, self.wire, dec_hook=from_json), hearing)
        except UNREADABLE as error:
            raise Unreadable(str(error)) from error

    def encode(self, thing: M) -> bytes:
        return encoded(self.write(thing))

    def patch(self, said: bytes, change: bytes, *, received_at: datetime | None = None) -> bytes:
        """As `changed`, of words that are not parsed yet. Raises Unreadable."""
        return encoded(self.changed(parsed(said), change, received_at=received_at))

    def changed(
        self,
        words: dict[str, Any],
        change: bytes,
        *,
        received_at: datetime | None = None,
        appends: frozenset[str] = frozenset(),
        merges: Mapping[str, str] = MappingProxyType({}),
    ) -> dict[str, Any]:
        """A partner's own words with its PATCH applied (RFC 7396), so that fields unknown to us live on.

        A PATCH has to name `last_updated` (OCPI 2.2.1 mod_locations_patch_method), unless its version lets it be
        silent: then it is of the moment in which it was received. `appends` are more lists whose members it adds;
        `merges` are lists of which it changes those members that it names, by the field that names them.
        Raises Unreadable.
        """
        changes = parsed(change)
        if not isinstance(changes, dict):
            raise Unreadable("Expected `object`, got something else - at `$`")
        words = dict(words)
        if changes.get("last_updated") is None:
            if received_at is None:
                raise Unreadable("Object missing required field `last_updated`")
            changes["last_updated"] = rfc3339(max(received_at, instant(words["last_updated"])))
        for name in (self._appends | appends) & changes.keys():
            words[name] = _appended(words.get(name) or [], _members(changes, name))
        for name in merges.keys() & changes.keys():
            words[name] = _each_merged(words.get(name) or [], _members(changes, name), merges[name])
        merged: dict[str, Any] = _merged(words, changes)
        return merged

    def lost(self, thing: M, hearing: Hearing) -> tuple[str, ...]:
        """What this version has no words for, as paths: found by reading back what we wrote."""
        return tuple(_differences(thing, self.read(self.write(thing), hearing), ""))


class Codecs:
    """The codecs of one version by what they spell."""

    def __init__(self, codecs: Mapping[type[Any], Codec[Any, Any]]) -> None:
        self._codecs = dict(codecs)

    def __getitem__(self, kind: type[M]) -> Codec[Any, M]:
        codec: Codec[Any, M] = self._codecs[kind]
        return codec

    def __or__(self, others: Mapping[type[Any], Codec[Any, Any]]) -> Codecs:
        """A newer version is an older one and what it spells differently."""
        return Codecs(self._codecs | dict(others))

    def __contains__(self, kind: type[Any]) -> bool:
        """Whether this version has words for it."""
        return kind in self._codecs

    def __iter__(self) -> Iterator[type[Any]]:
        return iter(self._codecs)


class _Decoder(Generic[W]):
    """Of one wire shape, a decoder for each of the patterns that may hold of a whole body."""

    def __init__(self, wire: type[W]) -> None:
        self._wire = wire
        self._in_ascii = in_ascii(wire)
        self._made: dict[frozenset[str], msgspec.json.Decoder[W]] = {}

    def decode(self, body: bytes) -> W:
        patterns = held(body, self._in_ascii)
        decoder = self._made.get(patterns)
        if decoder is None:
            shape = unlooked(self._wire, patterns)
            decoder = self._made[patterns] = msgspec.json.Decoder(shape, dec_hook=from_json, float_hook=number_in)
        return decoder.decode(body)


def _with_bytes(wire: type[W], name: str) -> type[W]:
    """The same, but that the members of one list are left as they came."""
    field = (name, tuple[Raw, ...] | None, None)
    return cast("type[W]", msgspec.defstruct(wire.__name__, [field], bases=(wire,), kw_only=True))


def _members(changes: dict[str, Any], name: str) -> list[Any]:
    """Taken out of the changes. Raises Unreadable."""
    members = changes.pop(name) or []
    if not isinstance(members, list):
        raise Unreadable(f"Expected `array` - at `$.{name}`")
    return members


def _each_merged(stored: list[Any], changes: list[Any], id: str) -> list[Any]:
    """Each member that the changes name is changed, and what they name that is not there is new."""
    named = {fold(str(one[id])): one for one in changes if isinstance(one, dict) and id in one}
    if len(named) < len(changes):
        raise Unreadable(f"Each of these has to be named once by its `{id}`")
    there = {fold(str(one.get(id))) for one in stored}
    changed = [_merged(one, named.get(fold(str(one.get(id))), {})) for one in stored]
    return changed + [one for key, one in named.items() if key not in there]


def _appended(stored: list[Any], added: list[Any]) -> list[Any]:
    """A PATCH that was repeated because its answer got lost adds nothing: a period is named by its start."""
    starts = {one.get("start_date_time") for one in added if isinstance(one, dict)}
    return [one for one in stored if one.get("start_date_time") not in starts] + added


def _merged(words: Any, changes: Any) -> Any:
    if not isinstance(changes, dict):
        return changes
    merged = dict(words) if isinstance(words, dict) else {}
    for name, change in changes.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), change)
    return merged


def _differences(meant: Any, said: Any, path: str) -> Iterator[str]:
    if isinstance(meant, Struct) and type(meant) is type(said):
        for name in meant.__struct_fields__:
            yield from _differences(getattr(meant, name), getattr(said, name), f"{path}.{name}")
    elif isinstance(meant, tuple) and isinstance(said, tuple) and len(meant) == len(said):
        for index, (one, other) in enumerate(zip(meant, said, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif meant != said:
        yield path.lstrip(".")
