"""What we offer to partners, described by itself: OpenAPI 3.1, made from the tables and wire types that answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version as release
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from laddnav.bookings.model import BookingLocation, BookingRequest, Calendar
from laddnav.locations.model import Connector, Evse
from laddnav.ocpi.endpoints import credentials
from laddnav.ocpi.endpoints.tables import table_of
from laddnav.ocpi.sides import OFFERED, RECEIVER, SENDER, TOLD, Side, hub_endpoint, place_of, told
from laddnav.ocpi.telling.words import KINDS
from laddnav.ocpi.wire.commands import COMMANDS, CommandResult
from laddnav.ocpi.wire.handshake import Credentials, Module, VersionDetails
from laddnav.ocpi.wire.profiles import (
    ActiveChargingProfileResult,
    ChargingProfileResult,
    ClearProfileResult,
    ProfileRequest,
    SetChargingProfile,
)
from laddnav.ocpi.wire.shared.scalars import DateTime, Number
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.payments.model import Terminal
from laddnav.scheduling.model import ActiveChargingProfile
from laddnav.sessions.model import Preferences
from laddnav.tokens.model import Authorization, LocationReferences

Schema = dict[str, Any]
Kind = type[Any] | None

_REF = "#/components/schemas/"
OWNED = "{country_code}/{party_id}"
# What stands behind a module in a URL, where it is not an id alone, or an id and before it whose it is.
BELOW: Mapping[tuple[Module, int], str] = {
    (Module.BOOKING_LOCATIONS, 2): "{id}/{calendar_id}",
    (Module.BOOKINGS, 4): f"{OWNED}/booking_locations/{{id}}",
    (Module.BOOKINGS, 5): f"{OWNED}/booking_locations/{{id}}/{{calendar_id}}",
    (Module.HUB_CLIENT_INFO, 2): OWNED,
    (Module.LOCATIONS, 2): "{location_id}/{evse_uid}",
    (Module.LOCATIONS, 4): f"{OWNED}/{{location_id}}/{{evse_uid}}",
    (Module.LOCATIONS, 5): f"{OWNED}/{{location_id}}/{{evse_uid}}/{{connector_id}}",
    (Module.SESSIONS, 2): "{id}/charging_preferences",
    (Module.TERMINALS, 2): "{id}/deactivate",
    (Module.TOKENS, 2): "{id}/authorize",
    (Module.TOKENS, 4): f"{OWNED}/{{id}}/authorize",
}
BELOW_OURS: Mapping[tuple[Module, int], str] = {(Module.LOCATIONS, 3): "{location_id}/{evse_uid}/{connector_id}"}
# What is spoken of there, where it is not what the whole module is about.
PARTS: Mapping[tuple[Side, int], type[Any]] = {
    ((Module.BOOKING_LOCATIONS, SENDER), 2): Calendar,
    ((Module.BOOKINGS, RECEIVER), 4): BookingLocation,
    ((Module.BOOKINGS, RECEIVER), 5): Calendar,
    ((Module.CHARGING_PROFILES, RECEIVER), 1): SetChargingProfile,
    ((Module.CHARGING_PROFILES, SENDER), 1): ActiveChargingProfile,
    ((Module.LOCATIONS, SENDER), 2): Evse,
    ((Module.LOCATIONS, SENDER), 3): Connector,
    ((Module.LOCATIONS, RECEIVER), 4): Evse,
    ((Module.LOCATIONS, RECEIVER), 5): Connector,
    ((Module.SESSIONS, SENDER), 2): Preferences,
    ((Module.TOKENS, SENDER), 2): LocationReferences,
    ((Module.TOKENS, SENDER), 4): LocationReferences,
}
# Where a URL says by a word what is spoken of, or the method does: what stands behind the module, and what that is.
NAMED: Mapping[tuple[Side, str, int], Mapping[str, type[Any]]] = {
    ((Module.BOOKINGS, SENDER), "POST", 0): {"": BookingRequest},
    ((Module.CHARGING_PROFILES, SENDER), "POST", 2): {
        f"/{ProfileRequest.TELL}/{{id}}": ActiveChargingProfileResult,
        f"/{ProfileRequest.SET}/{{id}}": ChargingProfileResult,
        f"/{ProfileRequest.CLEAR}/{{id}}": ClearProfileResult,
    },
    ((Module.COMMANDS, RECEIVER), "POST", 1): {f"/{type}": command for type, command in COMMANDS.items()},
    ((Module.COMMANDS, SENDER), "POST", 2): {f"/{type}/{{id}}": CommandResult for type in COMMANDS},
    ((Module.TERMINALS, SENDER), "POST", 1): {"/activate": Terminal},
}
ANSWERS: Mapping[type[Any], type[Any]] = {LocationReferences: Authorization}

_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_LIST: Mapping[str, Schema] = {
    "offset": {"type": "integer", "minimum": 0},
    "limit": {"type": "integer", "minimum": 1},
    "after": _TEXT,  # as a link says it
    "date_from": _INSTANT,
    "date_to": _INSTANT,
}
# What a URL may ask for besides, by module and method.
ASKED: Mapping[tuple[Module, str], Mapping[str, Schema]] = {
    (Module.CHARGING_PROFILES, "GET"): {"duration": {"type": "integer", "minimum": 1}, "response_url": _TEXT},
    (Module.CHARGING_PROFILES, "DELETE"): {"response_url": _TEXT},
    **{(Module.TOKENS, method): {"type": _TEXT} for method in ("GET", "PUT", "PATCH", "POST")},
}


PATH = "/ocpi/openapi.json"


def route(url: str) -> Route:
    """Open to everybody, as what it describes is not; `url` is our /ocpi."""

    @cache
    def said() -> bytes:
        return msgspec.json.encode(document(url))

    async def described(_: Request) -> Response:
        return Response(said(), media_type="application/json")

    return Route(PATH, described)


class Door(Struct, frozen=True, kw_only=True):
    """One method at one path. `kind` is what is spoken of there, `answered` what comes back where that is another."""

    path: str
    method: str
    module: Module
    kind: Kind
    answered: Kind = None

    @property
    def lists(self) -> bool:
        return self.method == "GET" and not self.path.endswith(("}", Module.CREDENTIALS))

    @property
    def asked(self) -> Mapping[str, Schema]:
        """What its query may ask for."""
        return _LIST if self.lists else ASKED.get((self.module, self.method), {})


def document(url: str) -> Schema:
    """Every endpoint of ours, in each role and version; `url` is our /ocpi."""
    paths: dict[str, Schema] = {"/versions": {"get": _operation("/versions", data=_many({}))}}
    components: dict[str, Schema] = {}
    for version in VERSIONS.values():
        spell = _Spelling(version)
        components |= spell.components
        number = f"/{version.number}"
        paths[number] = {"get": _operation(number, data=spell.of(VersionDetails))}
        for door in _doors(version):
            paths.setdefault(door.path, {})[door.method.lower()] = _described(door, spell)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Laddnav for partners (OCPI)", "version": release("laddnav")},
        "servers": [{"url": url}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Token ` and the credentials token in Base64; for OCPI 2.1.1 as it is.",
                }
            },
        },
    }


def _doors(version: Version) -> Iterator[Door]:
    for method, _ in credentials.TABLE:
        place = f"/{version.number}/{Module.CREDENTIALS}"
        yield Door(path=place, method=method, module=Module.CREDENTIALS, kind=Credentials, answered=Credentials)
    for role in TOLD:
        for module, interface in told(role, version):
            base = place_of(role, version.number, (module, interface))
            if role is Role.HUB and (module, interface) not in OFFERED[role]:
                base = hub_endpoint("", version.number, interface, module)
            for method, below, kind in _ways(role, (module, interface), version):
                answered = None if kind is None else ANSWERS.get(kind)
                yield Door(path=base + below, method=method, module=module, kind=kind, answered=answered)


def _ways(role: Role, side: Side, version: Version) -> Iterator[tuple[str, str, Kind]]:
    """(method, what stands behind the module, what is spoken of)."""
    module, _ = side
    for (method, many), endpoint in table_of(role, side).items():
        if endpoint.spoken(version):
            usual = {f"/{_below(side, many)}" if many else "": PARTS.get((side, many), KINDS.get(module))}
            named = NAMED.get((side, method, many))
            for below, kind in (named or usual).items():
                if named is None or (kind is not None and kind in version.codecs):
                    yield method, below, kind


def _below(side: Side, many: int) -> str:
    module, interface = side
    if interface is SENDER and (module, many) in BELOW_OURS:
        return BELOW_OURS[module, many]
    usual = {1: "{id}", 3: f"{OWNED}/{{id}}"}.get(many, "/".join(f"{{part_{place}}}" for place in range(many)))
    return BELOW.get((module, many), usual)


def _described(door: Door, spell: _Spelling) -> Schema:
    said = {"POST": spell.of, "PUT": spell.of, "PATCH": spell.change_of}.get(door.method)
    data = spell.of(door.answered or door.kind) if door.method in ("GET", "POST") or door.answered else None
    return _operation(
        door.path,
        module=door.module,
        asked=door.asked,
        said=said and said(door.kind),
        data=_many(data) if door.lists else data,
    )


def _operation(
    path: str,
    *,
    module: str = "versions",
    asked: Mapping[str, Schema] | None = None,
    said: Schema | None = None,
    data: Schema | None = None,
) -> Schema:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    queries = (asked or {}).items()
    operation: Schema = {
        "tags": [module],
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names),
            *({"name": name, "in": "query", "required": False, "schema": schema} for name, schema in queries),
        ],
        "responses": {"200": _answer("Done", data), "default": _answer("Refused", None)},
    }
    if said is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": said}}}
    return operation


def _answer(what: str, data: Schema | None) -> Schema:
    """In an envelope (OCPI 2.2.1 transport_and_format_response_format)."""
    schema: Schema = {
        "type": "object",
        "required": ["status_code", "timestamp"],
        "properties": {
            "data": {} if data is None else data,
            "status_code": {"type": "integer"},
            "status_message": {"type": "string"},
            "timestamp": _INSTANT,
        },
    }
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _many(data: Schema | None) -> Schema:
    return {"type": "array", "items": data or {}}


class _Spelling:
    """What one version spells how, by the names of its own specification."""

    def __init__(self, version: Version) -> None:
        kinds = list(version.codecs)
        schemas, found = msgspec.json.schema_components(
            [version.codecs[kind].wire for kind in kinds], schema_hook=_scalar, ref_template=f"{_REF}{{name}}"
        )
        self._number = version.number
        self._names = frozenset(found)
        self._by_kind = {kind: self._spelt(schema) for kind, schema in zip(kinds, schemas, strict=True)}
        self.components = {self._name(name): self._spelt(schema) for name, schema in found.items()}

    def of(self, kind: Kind) -> Schema:
        """Of what nobody names, any object."""
        return self._by_kind.get(kind, {"type": "object"}) if kind is not None else {"type": "object"}

    def change_of(self, kind: Kind) -> Schema:
        """Some of its fields."""
        whole = self.components.get(self.of(kind).get("$ref", "").removeprefix(_REF), {"type": "object"})
        return {name: said for name, said in whole.items() if name != "required"}

    def _spelt(self, said: Any) -> Any:
        """With our names of its parts, and with patterns as ECMAScript writes them."""
        match said:
            case dict():
                return {
                    name: _REF + self._name(part.removeprefix(_REF))
                    if name == "$ref"
                    else part.removesuffix(r"\Z") + "$"
                    if name == "pattern"
                    else self._spelt(part)
                    for name, part in said.items()
                    if name != "title"
                }
            case list():
                return [self._spelt(part) for part in said]
            case _:
                return said

    def _name(self, name: str) -> str:
        """As the specification has it; two of one name are told apart by where we keep them."""
        *folders, last = name.split(".")
        plain = last.removeprefix("Wire")
        return ".".join([self._number, *folders[-2:], last if plain in self._names else plain])


def _scalar(kind: type) -> Schema:
    return {Number: {"type": "number"}, DateTime: _INSTANT}[kind]
