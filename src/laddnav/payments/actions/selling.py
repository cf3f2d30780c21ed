"""Verbs of selling one charge to whoever has no account: what is offered at an Evse, and the Ticket that is bought."""

from __future__ import annotations

import secrets
from datetime import timedelta
from decimal import Decimal

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Connector, Location
from laddnav.locations.rules import connector_of, evse_of
from laddnav.mail.rules import address as mail_address
from laddnav.payments import bounds
from laddnav.payments.actions import accounts, paying
from laddnav.payments.bounds import NoFullPrice
from laddnav.payments.events import TicketChanged
from laddnav.payments.payment import Account, ProviderKind, Purpose
from laddnav.payments.rules import CURRENCIES, NotSold, TooManyPay
from laddnav.payments.store import tickets as store
from laddnav.payments.ticket import Ticket
from laddnav.people import actions as people
from laddnav.people.rules import TooManyAttempts, neighbourhood
from laddnav.pricing.model import CannotPrice
from laddnav.sessions import actions as sessions
from laddnav.sessions.choices import usual_power
from laddnav.sessions.rules import EvseBusy
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff, TariffType

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none is taken for another
CODE = 10  # of them
FIRST_LOOK = timedelta(minutes=1)  # of the wall, should nobody tell sooner


class Offered:
    """What is sold at an Evse now: under which Tariff, for what hold, and through which of our accounts."""

    def __init__(self, tariff: Tariff, hold: Decimal, through: tuple[Account, ...]) -> None:
        self.tariff, self.hold, self.through = tariff, hold, through


async def offer(unit: Unit, location: Location, connector: Connector) -> Offered | None:
    """None: nobody without an account can charge there."""
    holder = location.owner
    tariff = await tariffs.offered(unit, holder, holder, connector.tariff_ids, unit.now, TariffType.AD_HOC_PAYMENT)
    if tariff is None:
        return None
    through = tuple(
        one
        for one in await accounts.page(unit, holder, limit=100)
        if one.enabled and one.holder == holder and tariff.currency in CURRENCIES.get(one.provider, (tariff.currency,))
    )
    if not through:
        return None
    try:
        hold = bounds.first_hold(tariff, usual_power(connector), unit.now, location.time_zone)
    except (NoFullPrice, CannotPrice):
        return None
    # Of several at one provider the first: a driver chooses how to pay and not where we bank.
    one_of_each = {one.provider: one for one in reversed(through)}
    return Offered(tariff, hold, tuple(one_of_each[kind] for kind in ProviderKind if kind in one_of_each))


async def sell(
    unit: Unit,
    holder: PartyId,
    where: EvseRef,
    *,
    connector_id: str | None,
    provider: ProviderKind,
    page: str,
    address: str,
    email: str = "",
    language: str = "en",
) -> Ticket:
    """Its payment is begun, and asked of the provider within a second. `page` is where tickets are shown, by link; who
    wants to pay comes from `address`, and keeps nobody from it who comes from another.

    Raises UnknownEvse, NotSold, NoStation, EvseBusy, TooManyPay, UnfitMail, UnfitPayment.
    """
    location = await locations.fetch(unit, holder, holder, where.location_id)
    evse = evse_of(location, where.evse_uid)
    connector = connector_of(evse, connector_id)
    offered = await offer(unit, location, connector)
    through = None if offered is None else next((one for one in offered.through if one.provider is provider), None)
    if offered is None or through is None:
        raise NotSold(evse.evse_id or evse.uid)
    await locations.connected_at(unit, holder, where)
    if await sessions.under_way_at(unit, holder, where, lock=False):
        raise EvseBusy(evse.uid)
    origin = f"pay {neighbourhood(address)}"
    try:
        await people.count(unit, f"{origin} at {holder} {where.location_id} {where.evse_uid}", origin=origin)
    except TooManyAttempts as error:
        raise TooManyPay(error.wait) from error
    code = "AH" + "".join(secrets.choice(LETTERS) for _ in range(CODE))
    link = secrets.token_urlsafe(24)
    payment = await paying.begin(
        unit,
        through.ref,
        purpose=Purpose.SESSION,
        about=f"{evse.evse_id or evse.uid} {code}",
        credits=f"receivable:driver:{code}",
        currency=offered.tariff.currency,
        amount=offered.hold,
        charge=False,
        by="driver",
        return_url=f"{page}/{link}?back=yes",
    )
    ticket = Ticket(
        holder=holder,
        ref=unit.new_id(),
        code=code,
        link=link,
        where=EvseRef(location.id, evse.uid),
        evse_id=evse.evse_id or evse.uid,
        connector_id=connector.id,
        zone=location.time_zone,
        payment=payment.ref,
        provider=provider,
        currency=payment.currency,
        hold=payment.hold,
        wanted=payment.hold,
        tariff_id=offered.tariff.id,
        agreed_at=offered.tariff.last_updated,
        email=mail_address(email) if email.strip() else None,
        language=language,
        made_at=unit.now,
        changed_at=unit.now,
    )
    store.insert(unit, ticket, unit.now + unit.clock.wall(FIRST_LOOK))
    unit.announce(TicketChanged(holder=holder, ref=ticket.ref))
    return ticket
