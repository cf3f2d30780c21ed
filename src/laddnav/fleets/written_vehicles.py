"""What somebody writes down of a vehicle, read and written again; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.fleets.model import Fleet, PaidSince, Sign, SignKind, Vehicle
from laddnav.fleets.rules import Unfit
from laddnav.fleets.signs import bare_evccid
from laddnav.fleets.words import between, plain, word
from laddnav.kit.energy import kwh
from laddnav.kit.ids import fold
from laddnav.kit.power import kw

SIGNS_MAX = 10
NOBODY = "-"


class VehicleSaid(Struct, frozen=True, kw_only=True):
    """A vehicle as somebody writes it down; several cards, EVCCIDs or contracts stand with spaces between them.

    `depot` may be left out where there is only one. `cost_centre`: who pays from today on; "": whoever did until now,
    "-": nobody in particular. `gives_back_to_percent`: how far it may be emptied while it stands there, 100: it is not.
    """

    id: str
    name: str = ""
    plate: str = ""
    depot: str = ""
    battery_kwh: Decimal
    ac_amps: Decimal
    ac_phases: int = 3
    dc_kw: Decimal = Decimal(0)
    kwh_per_100_km: Decimal
    reserve_percent: Decimal = Decimal(10)
    cards: str = ""
    evccids: str = ""
    contracts: str = ""
    cost_centre: str = ""
    gives_back_to_percent: Decimal = Decimal(100)


def vehicle(
    said: VehicleSaid, fleet: Fleet, ref: str, before: Vehicle | None, *, today: date, now: datetime
) -> Vehicle:
    """Raises Unfit, naming the first field that cannot be."""
    depot = said.depot.strip() or (fleet.depots[0].id if len(fleet.depots) == 1 else "")
    known = next((one for one in fleet.depots if fold(one.id) == fold(depot)), None)
    if known is None:
        among = ", ".join(one.id for one in fleet.depots) or "none yet: add one first"
        raise Unfit("depot", f"{depot!r} is no depot of this fleet (there are {among})")
    one = Vehicle(
        holder=fleet.holder,
        fleet=fleet.ref,
        ref=ref,
        id=word("id", said.id),
        name=word("name", said.name, may_be_empty=True),
        plate=word("plate", said.plate, may_be_empty=True) or None,
        depot=known.id,
        battery=kwh(between("battery_kwh", said.battery_kwh, "1", "2000")),
        ac_amps_max=between("ac_amps", said.ac_amps, "0", "125"),
        ac_phases=int(between("ac_phases", Decimal(said.ac_phases), "1", "3")),
        dc_max=kw(between("dc_kw", said.dc_kw, "0", "4000")) if said.dc_kw else None,
        per_100_km=kwh(between("kwh_per_100_km", said.kwh_per_100_km, "1", "1000")),
        reserve_percent=between("reserve_percent", said.reserve_percent, "0", "90"),
        gives_back_to_percent=between("gives_back_to_percent", said.gives_back_to_percent, "0", "100"),
        signs=signs(said),
        paid=() if before is None else before.paid,
        last_updated=now,
    )
    if not one.ac_amps_max and one.dc_max is None:
        raise Unfit("ac_amps", "it takes neither alternating nor direct current, and so it cannot be charged")
    if not said.cost_centre.strip():
        return one
    return paid_by(one, cost_centre(fleet, said.cost_centre), today)


def cost_centre(fleet: Fleet, code: str) -> str | None:
    """As it is spelt in the fleet; "" and "-" are nobody. Raises Unfit."""
    if code.strip() in ("", NOBODY):
        return None
    for one in fleet.cost_centres:
        if fold(one.code) == fold(code.strip()):
            return one.code
    among = ", ".join(one.code for one in fleet.cost_centres) or "none yet: add it first"
    raise Unfit("cost_centre", f"{code!r} is no cost centre of this fleet (there are {among})")


def paid_by(one: Vehicle, code: str | None, since: date) -> Vehicle:
    """From this day on somebody else pays; what was before stays as it was, and what was foreseen for later goes."""
    kept = tuple(each for each in one.paid if each.since < since)
    if (kept[-1].code if kept else None) == code:
        return replace(one, paid=kept)
    return replace(one, paid=(*kept, PaidSince(since=since, code=code)))


def signs(said: VehicleSaid) -> tuple[Sign, ...]:
    """Raises Unfit."""
    found = [
        *(Sign(SignKind.CARD, one) for one in said.cards.split()),
        *(Sign(SignKind.EVCCID, _evccid(one)) for one in said.evccids.split()),
        *(Sign(SignKind.CONTRACT, one) for one in said.contracts.split()),
    ]
    if len(found) > SIGNS_MAX:
        raise Unfit("cards", f"a vehicle is recognised by at most {SIGNS_MAX}")
    return tuple(dict.fromkeys(found))


def _evccid(text: str) -> str:
    bare = bare_evccid(text)
    if bare is None:
        raise Unfit("evccids", f"{text!r} is not an EVCCID: twelve hexadecimal digits, as 00:1A:2B:3C:4D:5E")
    return bare.upper()


# As it is written down again ------------------------------------------------------------------------------------------


def said_of(one: Vehicle, today: date) -> VehicleSaid:
    return VehicleSaid(
        id=one.id,
        name=one.name,
        plate=one.plate or "",
        depot=one.depot,
        battery_kwh=plain(one.battery.kwh),
        ac_amps=plain(one.ac_amps_max),
        ac_phases=one.ac_phases,
        dc_kw=plain(Decimal(0) if one.dc_max is None else one.dc_max.kw),
        kwh_per_100_km=plain(one.per_100_km.kwh),
        reserve_percent=plain(one.reserve_percent),
        cards=_of_kind(one.signs, SignKind.CARD),
        evccids=_of_kind(one.signs, SignKind.EVCCID),
        contracts=_of_kind(one.signs, SignKind.CONTRACT),
        cost_centre=one.cost_centre(today) or "",
        gives_back_to_percent=plain(one.gives_back_to_percent),
    )


def _of_kind(signs: Iterable[Sign], kind: SignKind) -> str:
    return " ".join(one.value for one in signs if one.kind is kind)
