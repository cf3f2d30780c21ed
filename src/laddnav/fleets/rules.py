"""Who sees which fleet, what of it may change or go, and why something is refused."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from laddnav.fleets.filling import needed
from laddnav.fleets.model import Departure, Depot, Fleet, Need, Sign, Vehicle
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.refusal import Refusal
from laddnav.people.api import NotYours
from laddnav.people.model import Role, Visitor
from laddnav.people.rules import require

_SHOWN = 60  # characters of what nobody knows


class UnknownFleet(Refusal):
    """No fleet of this ref is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No fleet {ref!r} is known here")
        self.ref = ref


class UnknownVehicle(Refusal):
    """No vehicle of this ref or id is in this fleet."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No vehicle {ref!r} is in this fleet")
        self.ref = ref


class UnknownDeparture(Refusal):
    """No departure of this ref is in this fleet."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No departure {ref!r} is in this fleet")
        self.ref = ref


class FleetExists(Refusal):
    """Another fleet has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a fleet named {name!r} already")
        self.name = name


class SignTaken(Refusal):
    """Another vehicle is recognised by this."""

    def __init__(self, sign: Sign, vehicle: str) -> None:
        super().__init__(f"{sign.kind.value.lower()} {sign.value!r} is vehicle {vehicle!r} already")
        self.sign, self.vehicle = sign, vehicle


class NotSwappable(Refusal):
    """This vehicle cannot leave instead."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This vehicle cannot leave instead: {why}")
        self.why = why


class Unfit(Refusal):
    """A field says what cannot be; `field` names it as whoever said it spells it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


# Who sees what --------------------------------------------------------------------------------------------------------


def reaches(by: Visitor, fleet: Fleet) -> bool:
    """Whether this one may see it: whoever is of one fleet sees that alone, everybody else what their holder has."""
    if by.role is Role.DRIVER:
        return False
    if by.role is Role.FLEET:
        return by.fleet is not None and by.fleet == fleet.ref and by.holder in (None, fleet.holder)
    return by.holder in (None, fleet.holder)


def seen(by: Visitor, fleet: Fleet) -> Fleet:
    """Raises NotYours."""
    if not reaches(by, fleet):
        raise NotYours
    return fleet


def changeable(by: Visitor, fleet: Fleet) -> Fleet:
    """By an operator, and by whoever is of this very fleet. Raises NotYours, NotAllowed."""
    seen(by, fleet)
    if by.role is not Role.FLEET:
        require(by, Role.OPERATOR)
    return fleet


def emptied(fleet: Fleet, id: str, vehicles: Sequence[Vehicle]) -> Depot:
    """The depot of this id, which may go. Raises Unfit, where there is none, and where vehicles belong to it."""
    depot = next((one for one in fleet.depots if fold(one.id) == fold(id.strip())), None)
    if depot is None:
        raise Unfit("depot", f"{id[:_SHOWN]!r} is no depot of this fleet")
    there = [one.id for one in vehicles if fold(one.depot) == fold(depot.id)]
    if there:
        some = ", ".join(there[:5]) + (", …" if len(there) > 5 else "")
        raise Unfit(
            "depot", f"vehicles belong to {depot.id} ({some}): say another depot of them, or remove them, first"
        )
    return depot


# Swaps ----------------------------------------------------------------------------------------------------------------


def instead(first: Vehicle, other: Vehicle, wanted: Need) -> Vehicle:
    """The other, if it stands at the same depot and can have so much at all. Raises NotSwappable."""
    if other.fleet != first.fleet or other.depot != first.depot:
        raise NotSwappable("it stands at another depot")
    if needed(wanted, other) > other.battery:
        raise NotSwappable("its battery is too small for this trip")
    return other


def known_by(vehicles: Sequence[Vehicle]) -> dict[str, Vehicle]:
    """By id, folded."""
    return {fold(one.id): one for one in vehicles}


def same(before: Vehicle | Departure | None, after: Vehicle | Departure) -> bool:
    """Whether it says nothing new."""
    return before is not None and replace(before, last_updated=after.last_updated) == after


def of_holder(holder: PartyId, by: Visitor) -> PartyId:
    """Raises NotYours."""
    if by.holder not in (None, holder):
        raise NotYours
    return holder
