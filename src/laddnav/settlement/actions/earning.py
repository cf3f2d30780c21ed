"""What a CDR left us, and what of it is its hosts': reckoned when it is billed, and again when more is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.billing.rules import is_ours, total_of
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed
from laddnav.cdrs.model import Cdr
from laddnav.customers import actions as customers
from laddnav.customers.model import PaysBy
from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.locations import actions as locations
from laddnav.market import actions as market
from laddnav.market.events import GridTariffChanged
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions import rules as charges
from laddnav.sessions.model import Session
from laddnav.settlement import margins
from laddnav.settlement.events import HostOwed
from laddnav.settlement.margins import By, Margin, MarginSum, Unknown
from laddnav.settlement.sharing import Earned, Part, shared
from laddnav.settlement.store import hosts as shares
from laddnav.settlement.store import margins as store
from laddnav.sites import actions as sites
from laddnav.sites.events import SiteChanged
from laddnav.sites.rules import UnknownSite

AGAIN = timedelta(hours=1)
AT_ONCE = 200
_ZERO = Decimal(0)

Drawn = Sequence[tuple[datetime, datetime, Energy]]


async def account_for(database: Database, event: CdrClosed | CdrAccepted) -> None:
    """Hears CdrClosed and CdrAccepted: again is nothing new."""
    async with database.unit() as unit:
        await _reckon(unit, await cdrs.fetch(unit, event.holder, PartyId.parse(event.owner), event.cdr_id))


async def site_changed(database: Database, event: SiteChanged) -> None:
    """Hears SiteChanged: what was charged there before anybody said where its energy is bought is looked at again."""
    async with database.unit() as unit:
        try:
            site = await sites.fetch(unit, event.holder, event.site_id)
        except UnknownSite:
            return  # it is gone
        known = await locations.stations_named(unit, {one.station_id for one in site.members})
        places = {*site.location_ids, *(place for one in known.values() if (place := one.location_id) is not None)}
        places |= {ref.location_id for one in known.values() for _, ref in one.evses}
        await store.wake(unit, event.holder, margins.OF_SITES, places)


async def tariff_changed(database: Database, event: GridTariffChanged) -> None:
    """Hears GridTariffChanged: what lacked one may have it now."""
    async with database.unit() as unit:
        await store.wake(unit, event.holder, {Unknown.NO_GRID_TARIFF})


async def look_again(database: Database) -> None:
    """At charges of which more may be known by now: what waits for it is shared out then.

    Each is put off by an hour before it is looked at, so that one that cannot be reckoned holds up nobody.
    """
    while True:
        async with database.unit() as unit:
            due = await store.claim_due(unit, unit.now + AGAIN, AT_ONCE)
        for holder, owner, cdr_id in due:
            async with database.unit() as unit:
                await _reckon(unit, await cdrs.fetch(unit, holder, owner, cdr_id))
        if len(due) < AT_ONCE:
            return


async def _reckon(unit: Unit, cdr: Cdr) -> None:
    party = await parties.fetch(unit, cdr.holder)
    month = cdr.ended_at.astimezone(zone_of(party)).strftime("%Y-%m")
    one = await _bare(unit, cdr, month)
    if is_ours(cdr) and cdr.credit:
        await _reckon_taken_back(unit, cdr)
    if is_ours(cdr):
        one = await _taken_back(unit, cdr, one) if cdr.credit else await _with_energy(unit, cdr, one)
        one = await _with_shares(unit, cdr, one)
    store.put(unit, one, again_at=margins.look_again_at(one, unit.now))


async def _reckon_taken_back(unit: Unit, credit: Cdr) -> None:
    """First, where its own turn has not come: what a credit gives back has to be shared."""
    assert credit.credit_reference_id is not None, "a Credit CDR says what it takes back"
    before = await store.of_cdr(unit, credit.holder, credit.owner, credit.credit_reference_id)
    if before is None or before.shares is None:
        await _reckon(unit, await cdrs.fetch(unit, credit.holder, credit.owner, credit.credit_reference_id))


async def _bare(unit: Unit, cdr: Cdr, month: str) -> Margin:
    """What is paid, and at a partner's stations what that asks for."""
    total, ours = total_of(cdr), is_ours(cdr)
    driver = cdr.token.owner == cdr.holder
    partner = "" if ours and driver else str(cdr.token.owner if ours else cdr.owner)
    tariff = next((line.tariff_id for line in cdr.lines if line.tariff_id), None)
    fees = await _fees(unit, cdr) if driver else _ZERO
    return Margin(
        holder=cdr.holder,
        cdr_owner=cdr.owner,
        cdr_id=cdr.id,
        cdr_ref=cdr.ref,
        ended_at=cdr.ended_at,
        month=month,
        location_id=cdr.location.id,
        place=cdr.location.name or cdr.location.address,
        tariff=tariff or next((one.id for one in cdr.tariffs), ""),
        partner=partner,
        currency=cdr.currency,
        kwh=-cdr.energy.kwh if cdr.credit else cdr.energy.kwh,
        paid=total if driver else _ZERO,
        billed=_ZERO if driver else total,
        roaming=_ZERO if ours else total,
        energy=None if ours else _ZERO,
        grid=None if ours else _ZERO,
        shares=None if ours else _ZERO,
        fees=None if isinstance(fees, Unknown) else fees,
        unknown=(fees,) if isinstance(fees, Unknown) else (),
    )


async def _fees(unit: Unit, cdr: Cdr) -> Decimal | Unknown:
    """What a payment provider kept of it."""
    if cdr.credit:
        return _ZERO  # nobody gives a fee back
    if cdr.session_id is not None:
        payment = await store.payment_of(unit, cdr.holder, cdr.session_id)
        if payment is not None:
            return payment.fees or Unknown.NO_FEE
    customer = await customers.of_contract(unit, cdr.holder, cdr.token.contract_id)
    return _ZERO if customer is not None and customer.pays_by is PaysBy.INVOICE else Unknown.NO_PAYMENT


async def _taken_back(unit: Unit, cdr: Cdr, one: Margin) -> Margin:
    """What was known of the CDR that it takes back goes back with it."""
    assert cdr.credit_reference_id is not None, "a Credit CDR says what it takes back"
    before = await store.of_cdr(unit, cdr.holder, cdr.owner, cdr.credit_reference_id)
    if before is None:
        return replace(one, unknown=(*one.unknown, Unknown.NO_READINGS))
    return replace(
        one,
        energy=None if before.energy is None else -before.energy,
        grid=None if before.grid is None else -before.grid,
        unknown=tuple(dict.fromkeys((*one.unknown, *before.unknown))),
    )


# ---- Energy


async def _with_energy(unit: Unit, cdr: Cdr, one: Margin) -> Margin:
    if not cdr.energy:
        return replace(one, energy=_ZERO, grid=_ZERO)
    session = None if cdr.session_id is None else await sessions.find(unit, cdr.holder, cdr.owner, cdr.session_id)
    site = None
    if session is not None and session.station_id is not None and session.evse_no is not None:
        site = await sites.site_of(unit, cdr.holder, session.station_id, session.evse_no)
    if site is None:
        return _unknown(one, Unknown.NO_SITE)
    if site.bidding_zone is None:
        return _unknown(one, Unknown.NO_ZONE)
    drawn = await _drawn(unit, cdr, session)
    if drawn is None:
        return _unknown(one, Unknown.NO_READINGS)
    begin, end = min(at for at, _, _ in drawn), max(until for _, until, _ in drawn)
    series = await market.prices(unit, site.bidding_zone, begin, end + timedelta(microseconds=1), currency=cdr.currency)
    found = margins.by_step(drawn, series.steps)
    if found is None:
        return _unknown(one, Unknown.NO_PRICES)
    one = replace(one, energy=margins.market_cost(found, cdr.currency))
    tariff = None if site.grid_tariff_id is None else await market.find_tariff(unit, cdr.holder, site.grid_tariff_id)
    if tariff is None or tariff.tariff.currency != cdr.currency:
        return _unknown(one, Unknown.NO_GRID_TARIFF)
    return replace(one, grid=margins.grid_cost(found, tariff.tariff))


def _unknown(one: Margin, why: Unknown) -> Margin:
    return replace(one, unknown=(*one.unknown, why))


async def _drawn(unit: Unit, cdr: Cdr, session: Session | None) -> Drawn | None:
    """By the readings, as they were priced; by the CDR's own periods where they are forgotten. None: by neither."""
    if session is not None and session.ended_at is not None:
        facts = await readings.facts(unit, session.holder, session.id, *charges.read_between(session))
        drawn = margins.drawn(charges.whole(session, facts).stretches)
        if sum((energy.wh for _, _, energy in drawn), _ZERO) == cdr.energy.wh:
            return drawn
    periods = margins.drawn_by_periods(cdr.periods, cdr.ended_at)
    return periods or None


# ---- Shares


async def _with_shares(unit: Unit, cdr: Cdr, one: Margin) -> Margin:
    parts = await _given_back(unit, cdr) if cdr.credit else await _shared(unit, cdr, one)
    if parts is None:
        return _unknown(one, Unknown.NO_ENERGY)
    for part in parts:
        if await shares.insert_share(unit, cdr, one.month, one.revenue, part) and part.amount:
            await ledger.post(unit, cdr.holder, _entry(cdr, part))
            unit.announce(HostOwed(holder=cdr.holder, host=part.host))
    return replace(one, shares=sum((part.amount for part in parts), _ZERO))


async def _shared(unit: Unit, cdr: Cdr, one: Margin) -> Sequence[Part] | None:
    """By what was agreed for the day on which the charge ended, as it was known when it was shared.

    None: what its energy cost has to be known first.
    """
    before = await store.of_cdr(unit, cdr.holder, cdr.owner, cdr.id)
    if before is not None and before.shares is not None:
        return await shares.of_cdr(unit, cdr.holder, cdr.owner, cdr.id)
    day = cdr.ended_at.astimezone(zone_of(await parties.fetch(unit, cdr.holder))).date()
    agreements = [
        agreed
        for agreed in await shares.agreements(unit, cdr.holder)
        if agreed.currency == cdr.currency and agreed.covers(cdr.location.id, cdr.location.evse_uid, day)
    ]
    cost = None if one.energy is None or one.grid is None else one.energy + one.grid
    earned = Earned(revenue=one.revenue, kwh=one.kwh, currency=one.currency, energy_cost=cost)
    found = shared(earned, agreements)
    return None if found is None else found.parts


async def _given_back(unit: Unit, cdr: Cdr) -> Sequence[Part] | None:
    """What was shared of the CDR that is taken back, whatever holds by now. None: that waits itself."""
    assert cdr.credit_reference_id is not None, "a Credit CDR says what it takes back"
    before = await store.of_cdr(unit, cdr.holder, cdr.owner, cdr.credit_reference_id)
    if before is not None and before.shares is None:
        return None
    return [
        replace(part, amount=-part.amount)
        for part in await shares.of_cdr(unit, cdr.holder, cdr.owner, cdr.credit_reference_id)
    ]


def _entry(cdr: Cdr, part: Part) -> Entry:
    return Entry(
        key=f"share {cdr.owner}/{cdr.id} {part.agreement}",
        what="Share of a charge given back" if cdr.credit else "Share of a charge",
        cites=f"cdr {cdr.owner}/{cdr.id}",
        postings=(
            Posting(Account(Head.COST, "host"), part.amount, cdr.currency),
            Posting(Account(Head.HOST, part.host), -part.amount, cdr.currency),
        ),
    )


# ---- Reads


async def sums(
    unit: Unit,
    holder: PartyId | None,
    by: By,
    since: str,
    until: str,
    *,
    place: str | None = None,
    tariff: str | None = None,
    partner: str | None = None,
    sort: str = "revenue",
    rising: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> Sequence[MarginSum]:
    """Of the months from `since` to `until`, both included. Raises UnfitMargin for a sort that there is not."""
    if sort not in store.SORTS:
        raise margins.UnfitMargin(f"Margins are sorted by {', '.join(store.SORTS)}")
    return await store.sums(
        unit,
        holder,
        by,
        since,
        until,
        place=place,
        tariff=tariff,
        partner=partner,
        sort=sort,
        rising=rising,
        limit=limit,
        offset=offset,
    )


async def of_cdr(unit: Unit, cdr: Cdr) -> Margin | None:
    """What one CDR left us; None: nobody has reckoned it yet."""
    return await store.of_cdr(unit, cdr.holder, cdr.owner, cdr.id)
