"""What is pushed to a Receiver: new, again, changed, older, and wrong in every way that the texts name."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any

from msgspec import Struct

from laddnav.ocpi.conform.conversation import OBJECTS, Conversation
from laddnav.ocpi.conform.record import Exchange
from laddnav.ocpi.conform.samples import Ours, Words
from laddnav.ocpi.wire.paging import joined, with_query


class Pushed(Struct, frozen=True, kw_only=True):
    """One kind of object that we push: how it is made, what a PATCH of it changes, and what may be left out."""

    module: str
    sample: Callable[[Ours], Words]
    id: str = "id"
    change: Words | None = None
    optional: str
    too_long: str
    required: str = "last_updated"


PUSHED = (
    Pushed(
        module="tokens",
        sample=methodcaller("token"),
        id="uid",
        change={"valid": False},
        optional="visual_number",
        too_long="issuer",
        required="whitelist",
    ),
    Pushed(
        module="locations",
        sample=methodcaller("location"),
        change={"name": "Another name"},
        optional="name",
        too_long="city",
        required="coordinates",
    ),
    Pushed(
        module="tariffs",
        sample=methodcaller("tariff"),
        optional="tariff_alt_text",
        too_long="currency",
        required="elements",
    ),
    Pushed(
        module="sessions",
        sample=lambda ours: ours.session(ours.token(), ours.location()),
        change={"kwh": 1.5},
        optional="meter_id",
        too_long="currency",
        required="kwh",
    ),
)


async def own_lists(talk: Conversation) -> None:
    """Three objects of ours in each list that the peer may pull."""
    for kind in PUSHED:
        if kind.module != "sessions" and talk.hears(kind.module) is not None:
            sample = kind.sample(talk.ours)
            several = [sample | {kind.id: f"{sample[kind.id]}-{number}"} for number in range(3)]
            talk.counterpart.played.lists[kind.module] = several


async def receivers(talk: Conversation) -> None:
    for kind in PUSHED:
        url = talk.hears(kind.module)
        if url is not None:
            await _Push(talk, kind, url).all()


class _Push:
    """One kind of object at one endpoint."""

    def __init__(self, talk: Conversation, kind: Pushed, url: str) -> None:
        self._talk = talk
        self._kind = kind
        self._url = url
        self._sample = kind.sample(talk.ours) | {"last_updated": talk.later(1)}
        self._id = str(self._sample[kind.id])

    async def all(self) -> None:
        await self._whole()
        if self._kind.change is not None:
            await self._changed(self._kind.change)
        await self._wrong()
        await self._ids()
        for method in ("POST", "DELETE") if self._kind.module != "tariffs" else ("POST", "PATCH"):
            if not (method == "PATCH" and self._talk.dialect.patches_tariffs):
                await self._say(f"{method} at the Receiver", method, None if method == "DELETE" else self._sample)
        if self._kind.module == "tariffs":
            await self._say("DELETE", "DELETE")
            await self._get("GET after DELETE")
            await self._say("DELETE of an unknown", "DELETE", id=f"NO-{self._talk.ours.mark}")

    async def _whole(self) -> None:
        sample, optional = self._sample, self._kind.optional
        await self._get("GET of an unknown", id=f"NO-{self._talk.ours.mark}")
        await self._put("PUT new", sample)
        await self._get("GET after PUT new")
        await self._get("GET in the other case", id=self._id.swapcase())
        await self._put("PUT again", sample)
        without = {name: value for name, value in sample.items() if name != optional}
        await self._put("PUT without an optional field", without | {"last_updated": self._talk.later(2)})
        await self._get("GET after PUT without an optional field")
        more = sample | {"last_updated": self._talk.later(3), "a_field_of_tomorrow": {"nobody": ["knows it"]}}
        await self._put("PUT with a field that nobody knows", more)
        await self._put("PUT of older news", sample | {optional: _other(sample[optional]), "last_updated": _OLD})
        await self._get("GET after PUT of older news")

    async def _changed(self, change: Words) -> None:
        later = self._talk.later
        await self._say("PATCH", "PATCH", change | {"last_updated": later(4)})
        await self._get("GET after PATCH")
        await self._say("PATCH without last_updated", "PATCH", change)
        unknown = f"NO-{self._talk.ours.mark}"
        await self._say("PATCH of an unknown", "PATCH", change | {"last_updated": later(5)}, id=unknown)
        await self._get("GET after PATCH of an unknown", id=unknown)
        await self._say("PATCH to null", "PATCH", {self._kind.optional: None, "last_updated": later(6)})
        await self._get("GET after PATCH to null")
        await self._say(
            "PATCH of a required field to null", "PATCH", {self._kind.required: None, "last_updated": later(7)}
        )

    async def _wrong(self) -> None:
        sample, kind = self._sample | {"last_updated": self._talk.later(8)}, self._kind
        lacking = {name: value for name, value in sample.items() if name != kind.required}
        await self._put("PUT that lacks a field", lacking)
        await self._put("PUT with a text that is too long", sample | {kind.too_long: "x" * 300})
        await self._put("PUT with a date that is none", sample | {"last_updated": "yesterday"})
        await self._put("PUT with another id", sample | {kind.id: f"OTHER-{self._talk.ours.mark}"})
        await self._put("PUT with a line feed in its id", sample | {kind.id: "A\nB"}, id="A\nB")
        if self._talk.dialect.party_name:
            await self._put("PUT with another owner", sample | {self._talk.dialect.party_name: "ZZZ"})
        country, _ = self._talk.counterpart.party
        stranger = sample | ({self._talk.dialect.party_name: "ZZZ"} if self._talk.dialect.party_name else {})
        where = joined(self._url, country, "ZZZ", self._id)
        await self._talk.ask(f"{kind.module}: PUT of a stranger's", "PUT", where, stranger, module=kind.module)

    async def _ids(self) -> None:
        """An id with a space and a slash in it is one segment, and comes back as it went."""
        id = f"A B/{self._talk.ours.mark}"
        await self._put("PUT with a slash in its id", self._sample | {self._kind.id: id}, id=id)
        await self._get("GET with a slash in its id", id=id)

    async def _put(self, what: str, words: Words, *, id: str | None = None) -> Exchange:
        return await self._say(what, "PUT", words, id=id)

    async def _get(self, what: str, *, id: str | None = None) -> Exchange:
        return await self._say(what, "GET", id=id, holds=OBJECTS[self._kind.module])

    async def _say(
        self, what: str, method: str, body: Any = None, *, id: str | None = None, holds: str | None = None
    ) -> Exchange:
        module = self._kind.module
        where = joined(self._url, *self._talk.counterpart.party, id or self._id)
        return await self._talk.ask(f"{module}: {what}", method, where, body, module=module, holds=holds)


_OLD = "2016-01-01T00:00:00Z"


def _other(value: Any) -> Any:
    return [] if isinstance(value, list) else f"{value} of long ago"


async def parts_of_locations(talk: Conversation) -> None:
    """EVSEs and Connectors below a Location that was pushed."""
    url = talk.hears("locations")
    if url is None:
        return
    ours, later = talk.ours, talk.later
    location = ours.location(last_updated=later(20))
    base = (*talk.counterpart.party, str(location["id"]))
    uid, mark = f"E-{ours.mark}", ours.mark

    async def say(what: str, method: str, path: tuple[str, ...], body: Any = None, holds: str | None = None) -> None:
        await talk.ask(f"locations: {what}", method, joined(url, *path), body, module="locations", holds=holds)

    await say("PUT before its EVSEs", "PUT", base, location)
    await say("PUT of an EVSE", "PUT", (*base, f"{uid}-2"), ours.evse(uid=f"{uid}-2", last_updated=later(21)))
    await say("GET of an EVSE", "GET", (*base, f"{uid}-2"), holds="EVSE")
    change = {
        "status": "CHARGING",
        "capabilities": ["REMOTE_START_STOP_CAPABLE", "RESERVABLE"],
        "last_updated": later(22),
    }
    await say("PATCH of an EVSE", "PATCH", (*base, uid), change)
    await say("GET of the EVSE after its PATCH", "GET", (*base, uid), holds="EVSE")
    await say("GET after PATCH of an EVSE", "GET", base, holds="Location")
    await say("PUT of a Connector", "PUT", (*base, uid, "2"), ours.connector(id="2", last_updated=later(23)))
    await say("GET of a Connector", "GET", (*base, uid, "2"), holds="Connector")
    await say("GET of the EVSE after PUT of a Connector", "GET", (*base, uid), holds="EVSE")
    await say("PATCH of a Connector", "PATCH", (*base, uid, "2"), {"format": "CABLE", "last_updated": later(24)})
    await say("GET after PATCH of a Connector", "GET", base, holds="Location")
    await say(
        "PUT with a status that is none", "PUT", (*base, uid), ours.evse(status="SLEEPING", last_updated=later(25))
    )
    nowhere = (*talk.counterpart.party, f"NO-{mark}", uid)
    await say("PUT of an EVSE of no Location", "PUT", nowhere, ours.evse(last_updated=later(26)))
    await say("GET of the Location that it lacked", "GET", nowhere[:3])
    await say("GET of an unknown EVSE", "GET", (*base, f"NO-{mark}"))


async def periods_of_sessions(talk: Conversation) -> None:
    """Charging periods are added by PATCH, and replaced by PUT."""
    url = talk.hears("sessions")
    if url is None or not talk.dialect.routes:
        return
    session = talk.ours.session(talk.ours.token(), talk.ours.location(), id=f"P-{talk.ours.mark}")
    where = joined(url, *talk.counterpart.party, str(session["id"]))
    period = {"start_date_time": talk.later(60), "dimensions": [{"type": "ENERGY", "volume": 1}]}

    async def say(what: str, method: str, body: Any = None) -> None:
        holds = "Session" if method == "GET" else None
        await talk.ask(f"sessions: {what}", method, where, body, module="sessions", holds=holds)

    await say("PUT with a period", "PUT", session | {"last_updated": talk.later(30)})
    await say("PATCH with a period", "PATCH", {"charging_periods": [period], "kwh": 1, "last_updated": talk.later(31)})
    await say("GET after PATCH with a period", "GET")
    await say("PATCH without periods", "PATCH", {"charging_periods": [], "last_updated": talk.later(32)})
    await say("GET after PATCH without periods", "GET")
    await say("PUT without periods", "PUT", session | {"charging_periods": [], "last_updated": talk.later(33)})
    await say("GET after PUT without periods", "GET")
    await talk.ask("sessions: PATCH of a part", "PATCH", joined(where, "charging_periods"), {}, module="sessions")


async def types_of_tokens(talk: Conversation) -> None:
    """One uid of two types is two Tokens."""
    url = talk.hears("tokens")
    if url is None or not talk.dialect.routes:
        return
    uid = f"TWO-{talk.ours.mark}"
    where = joined(url, *talk.counterpart.party, uid)
    app = with_query(where, "type=APP_USER")
    card, driver = talk.ours.token(uid=uid), talk.ours.token(uid=uid, type="APP_USER", whitelist="NEVER")

    async def say(what: str, method: str, url: str, body: Any = None) -> None:
        holds = "Token" if method == "GET" else None
        await talk.ask(f"tokens: {what}", method, url, body, module="tokens", holds=holds)

    await say("PUT of a card", "PUT", where, card)
    await say("PUT of a driver's app", "PUT", app, driver)
    await say("GET of a card", "GET", where)
    await say("GET of a driver's app", "GET", app)
    await say("PUT with a type that contradicts", "PUT", with_query(where, "type=OTHER"), card)


def _token_of(talk: Conversation) -> Words:
    """One that the peer may have issued, where it lists none: only its own drivers' charges are billed to it."""
    if talk.peer is None or not talk.dialect.routes:
        return talk.ours.token()
    return talk.ours.token(country_code=talk.peer.country, party_id=talk.peer.party)


async def cdrs(talk: Conversation) -> None:
    """A CDR is posted once, found where the answer says, and never changed."""
    url = talk.hears("cdrs")
    if url is None:
        return
    token = next((one for one in talk.found.get("tokens", []) if isinstance(one.get("uid"), str)), None)
    cdr = talk.ours.cdr(token or _token_of(talk), talk.ours.location())
    done = await talk.ask("cdrs: POST", "POST", url, cdr, module="cdrs")
    again = await talk.ask("cdrs: POST again", "POST", url, cdr, module="cdrs")
    await talk.ask("cdrs: POST of another under its id", "POST", url, cdr | {"remark": "changed"}, module="cdrs")
    lacking = {name: value for name, value in cdr.items() if name != "charging_periods"} | {
        "id": f"C2-{talk.ours.mark}"
    }
    await talk.ask("cdrs: POST that lacks a field", "POST", url, lacking, module="cdrs")
    if talk.dialect.routes:
        orphan = cdr | {"id": f"C3-{talk.ours.mark}", "credit": True}
        await talk.ask("cdrs: POST of a credit for nothing", "POST", url, orphan, module="cdrs")
    where = done.answer.headers.get("location") or again.answer.headers.get("location")
    if where is None:
        return
    if not where.startswith("http"):
        where = joined(url, where.rsplit("/", 1)[-1])
    await talk.ask("cdrs: GET after POST", "GET", where, module="cdrs", holds="CDR")
    for method in ("PUT", "PATCH", "DELETE"):
        body = None if method == "DELETE" else cdr
        await talk.ask(f"cdrs: {method} at the Receiver", method, where, body, module="cdrs")
