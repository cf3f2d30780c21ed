"""Where a tariff of ours is written or changed: as OCPI spells it, said back in plain words before anybody pays it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.kit.time import rfc3339
from laddnav.ocpi.fetching import feeds
from laddnav.ocpi.wire import lint
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.parties.model import Party
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.pricing.lint.findings import Finding, Severity
from laddnav.pricing.plain.explain import Passage, passages
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff
from laddnav.tariffs.rules import UnknownTariff
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.tariffs import shown
from laddnav.web.refusals import sentence
from laddnav.web.render import pretty

PATH = "/tariffs/new"  # also what a draft that was posted is shown as

# What the house says itself: the party that the form names, and the moment at which it is kept.
OURS_TO_SAY = ("country_code", "party_id", "last_updated")


class Draft(Struct, frozen=True, kw_only=True):
    """What was written, and what it comes to: `tariff` None where it cannot be read.

    `unreadable` is why, where no finding says it.
    """

    words: str
    tariff: Tariff | None = None
    findings: tuple[Finding, ...] = ()
    unreadable: str | None = None

    @property
    def keepable(self) -> bool:
        return self.tariff is not None and all(each.severity is not Severity.ERROR for each in self.findings)

    def passages(self, language: str) -> Sequence[Passage]:
        return () if self.tariff is None else passages(self.tariff, language)


async def new(asked: Asked) -> Response:
    party = asked.parties[0] if asked.parties else None
    return _page(asked, Draft(words=_written(_example(party))))


async def change(asked: Asked) -> Response:
    """Raises UnknownTariff for a partner's: that is the partner's affair."""
    async with asked.unit() as unit:
        holder, tariff = await tariffs.by_ref(unit, asked.part("ref"))
    if tariff.owner != holder:
        raise UnknownTariff(asked.part("ref"))
    words = parsed(feeds.spelling(tariff).encode(tariff))
    return _page(asked, Draft(words=_written(_theirs_to_say(words))), holder=holder, changes=tariff.id)


async def check(asked: Asked) -> Response:
    """Say what it comes to, and keep nothing."""
    async with asked.unit() as unit:
        now = unit.now
    draft = await asyncio.to_thread(_read, asked, _holder(asked), now)
    return _page(asked, draft, holder=_holder(asked), changes=asked.said("changes"), checked=True)


async def keep(asked: Asked) -> Response:
    """Unless something is an error: then it is as if the reader had only asked what it comes to. Raises Unbillable."""
    holder = _holder(asked)
    async with asked.unit() as unit:
        now = unit.now
    draft = await asyncio.to_thread(_read, asked, holder, now)
    tariff = draft.tariff
    if tariff is None or not draft.keepable:
        return _page(asked, draft, holder=holder, changes=asked.said("changes"), checked=True, refused=True)
    async with asked.unit() as unit:
        await tariffs.keep(unit, holder, tariff)
        people.note(unit, asked.visitor.name, "keep tariff", f"tariff {tariff.id}")
        refs = await tariffs.refs(unit, holder, holder, (tariff.id,))
    return asked.done(
        f"/tariffs/{refs[fold(tariff.id)]}",
        asked.say("The tariff is kept. It holds for charges that begin from now on."),
    )


def _page(
    asked: Asked,
    draft: Draft,
    *,
    holder: PartyId | None = None,
    changes: str = "",
    checked: bool = False,
    refused: bool = False,
) -> Response:
    return asked.page(
        "tariff_desk.html",
        status=422 if refused else 200,
        path=PATH,
        draft=draft,
        passages=draft.passages(asked.language),
        findings=shown(draft.findings),
        checked=checked,
        refused=refused,
        changes=changes,
        holder=str(holder or ""),
        parties=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
    )


def _holder(asked: Asked) -> PartyId:
    """Raises NotAPartyId."""
    return PartyId.parse(asked.said("holder"))


def _read(asked: Asked, holder: PartyId, now: datetime) -> Draft:
    """A large tariff takes seconds, so it is read in a thread of its own."""
    words = asked.said("words")
    try:
        said = parsed(words.encode())
        if not isinstance(said, dict):
            return Draft(words=words, unreadable=asked.say("Write one tariff: an object in braces."))
        owner = {"country_code": holder.country, "party_id": holder.party}
        whole = encoded({**owner, **_theirs_to_say(said), "last_updated": rfc3339(now)})
        findings = lint.findings(whole, language=asked.language)
        found = feeds.tariffs_in(whole, holder, now)
    except Unreadable as error:
        return Draft(words=words, unreadable=_said(asked, error, words))
    if not found.tariffs:
        told = any(each.severity is Severity.ERROR for each in findings)
        return Draft(words=words, findings=findings, unreadable=None if told else found.unusable[0].says)
    return Draft(words=words, tariff=found.tariffs[0], findings=findings)


def _theirs_to_say(words: dict[str, Any]) -> dict[str, Any]:
    return {name: word for name, word in words.items() if name not in OURS_TO_SAY}


def _said(asked: Asked, error: Unreadable, words: str) -> str:
    """With the line: a place in bytes means nothing to who looks at a text."""
    said = sentence(error, asked.language)
    place = re.search(r" \(byte (\d+)\)", said)
    if place is None:
        return said
    line = words.encode()[: int(place[1])].count(b"\n") + 1
    return asked.say("Line %(line)s: %(what)s", line=line, what=said.replace(place[0], ""))


def _written(words: dict[str, Any]) -> str:
    return pretty(encoded(words).decode())


def _example(party: Party | None) -> dict[str, Any]:
    """Cheaper at night, with a fee for cars that stay: something to change, rather than an empty sheet."""
    vat = {} if party is None or party.vat_percent is None else {"vat": party.vat_percent}

    def price(kind: str, amount: str, step: int = 1) -> dict[str, Any]:
        return {"type": kind, "price": Decimal(amount), **vat, "step_size": step}

    return {
        "id": "NIGHT-AND-DAY",
        "currency": "EUR" if party is None else party.currency,
        "elements": [
            {
                "price_components": [price("ENERGY", "3.00")],
                "restrictions": {"start_time": "22:00", "end_time": "06:00"},
            },
            {"price_components": [price("ENERGY", "5.00"), price("PARKING_TIME", "30.00", 60)]},
        ],
    }


DOORS: tuple[Door, ...] = (
    see(PATH, new, Role.OPERATOR),
    do("/tariffs/check", check),
    do("/tariffs", keep),
    see("/tariffs/{ref}/change", change, Role.OPERATOR),
)
