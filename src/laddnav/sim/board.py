"""The plugs of a station of the street, and what a server may ask of them: nothing here is told, and nothing waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ocpp.v16.enums import ChargePointStatus

from laddnav.sim.limits import OF_CHARGE, Profile, purpose_of
from laddnav.sim.plug import Kept, Plug


class Board:
    """The plugs by their numbers; 0 stands for all of them."""

    def __init__(self, plugs: Mapping[int, Plug]) -> None:
        self.plugs = dict(plugs)

    def at(self, no: int) -> list[Plug]:
        return [plug for plug in self.plugs.values() if no in (0, plug.no)]

    def charging(self, number: int) -> Plug | None:
        """Where the charge is that the server has given this number."""
        at = (plug for plug in self.plugs.values() if plug.charge is not None and plug.charge.number == number)
        return next(at, None)

    def invite(self, no: int | None) -> Plug | None:
        """Where a start from afar may happen; None: nowhere."""
        free = [plug for plug in self.plugs.values() if no in (None, plug.no) and plug.charge is None]
        return next((plug for plug in free if plug.status is not ChargePointStatus.faulted), None)

    def keep(self, no: int, number: int, uid: str, until: datetime) -> str:
        """The status of the answer; the same number once more replaces what was kept (OCPP 1.6 §5.13)."""
        plug = self.plugs.get(no)
        if plug is None or plug.status is ChargePointStatus.faulted:
            return "Faulted"
        if plug.charge is not None or plug.car is not None or (plug.kept is not None and plug.kept.number != number):
            return "Occupied"
        plug.kept = Kept(number=number, uid=uid, until=until)
        return "Accepted"

    def free(self, number: int) -> Plug | None:
        """The plug that was kept under this number, and waits no more."""
        for plug in self.plugs.values():
            if plug.kept is not None and plug.kept.number == number:
                plug.kept = None
                return plug
        return None

    def limit(self, no: int, profile: Profile, now: datetime) -> bool:
        """What is told of plug 0 is for all; a profile of a charge is refused where there is no such charge."""
        if purpose_of(profile) == OF_CHARGE:
            plug = self.charging(profile.get("transaction_id", 0))
            of = [plug] if plug is not None and plug.no == no else []
        else:
            of = self.at(no)
        for plug in of:
            plug.measure(now)
            plug.limits.put(profile)
        return bool(of)

    def unlimit(
        self, no: int | None, number: int | None, purpose: str | None, stack_level: int | None, now: datetime
    ) -> bool:
        """Whether there was anything to take away."""
        for plug in self.plugs.values():
            plug.measure(now)
        dropped = [plug.limits.drop(number, purpose, stack_level) for plug in self.at(no or 0)]
        return any(dropped)

    def open(self, no: int, is_open: bool) -> bool:
        """Whether a charge has to end before it is so (OCPP 1.6 §5.2)."""
        for plug in self.at(no):
            plug.is_open = is_open
        return any(plug.charge is not None for plug in self.at(no)) and not is_open
