"""What answers where: the table of each side of each module, and of those that stand apart."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from laddnav.ocpi.endpoints import (
    bookings,
    cdrs,
    clients,
    collected,
    commands,
    delegated,
    locations,
    payments,
    profiles,
    reconciliation,
    sessions,
    tariffs,
    tokens,
)
from laddnav.ocpi.endpoints.call import Table
from laddnav.ocpi.sides import APART, Side
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.parties.model import Role

MODULES: dict[Side, Table] = {
    (Module.BOOKINGS, Interface.SENDER): bookings.SENDER,
    (Module.BOOKINGS, Interface.RECEIVER): bookings.RECEIVER,
    (Module.BOOKING_LOCATIONS, Interface.SENDER): bookings.PLACES_SENDER,
    (Module.BOOKING_LOCATIONS, Interface.RECEIVER): {},
    (Module.CDRS, Interface.SENDER): cdrs.SENDER,
    (Module.CDRS, Interface.RECEIVER): cdrs.RECEIVER,
    (Module.CHARGING_PROFILES, Interface.SENDER): profiles.SENDER,
    (Module.CHARGING_PROFILES, Interface.RECEIVER): profiles.RECEIVER,
    (Module.COMMANDS, Interface.SENDER): commands.SENDER,
    (Module.COMMANDS, Interface.RECEIVER): commands.RECEIVER,
    (Module.HUB_CLIENT_INFO, Interface.SENDER): clients.SENDER,
    (Module.HUB_CLIENT_INFO, Interface.RECEIVER): clients.RECEIVER,
    (Module.INVOICE_RECONCILIATION, Interface.SENDER): reconciliation.SENDER,
    (Module.INVOICE_RECONCILIATION, Interface.RECEIVER): reconciliation.RECEIVER,
    (Module.CONFIRMATIONS, Interface.SENDER): payments.CONFIRMATIONS_SENDER,
    (Module.CONFIRMATIONS, Interface.RECEIVER): payments.CONFIRMATIONS_RECEIVER,
    (Module.TERMINALS, Interface.SENDER): payments.TERMINALS_SENDER,
    (Module.TERMINALS, Interface.RECEIVER): payments.TERMINALS_RECEIVER,
    (Module.LOCATIONS, Interface.SENDER): locations.SENDER,
    (Module.LOCATIONS, Interface.RECEIVER): locations.RECEIVER,
    (Module.SESSIONS, Interface.SENDER): sessions.SENDER,
    (Module.SESSIONS, Interface.RECEIVER): sessions.RECEIVER,
    (Module.TARIFFS, Interface.SENDER): tariffs.SENDER,
    (Module.TARIFFS, Interface.RECEIVER): tariffs.RECEIVER,
    (Module.TOKENS, Interface.SENDER): tokens.SENDER,
    (Module.TOKENS, Interface.RECEIVER): tokens.RECEIVER,
}
# Where we stand between those who own something and those who hear of it, or change it.
BETWEEN: Mapping[Side, Table] = {
    (Module.LOCATIONS, Interface.SENDER): collected.LOCATIONS,
    (Module.TARIFFS, Interface.SENDER): collected.TARIFFS,
    (Module.SESSIONS, Interface.SENDER): delegated.SESSIONS,
    (Module.CHARGING_PROFILES, Interface.RECEIVER): delegated.PROFILES,
}


def table_of(role: Role, side: Side) -> Table:
    """What answers there."""
    return BETWEEN[side] if side in APART.get(role, ()) else MODULES.get(side, {})


@cache
def found_at(role: Role, served: tuple[Side, ...], module: Module, aside: Interface | None) -> Table:
    """Both sides of a module together, where a role serves both, but for one that stands apart.

    No URL means one thing to either.
    """
    apart = APART.get(role, frozenset())
    here = [side for side in served if side[0] is module and (side[1] if side in apart else None) is aside]
    return {key: endpoint for side in here for key, endpoint in table_of(role, side).items()}
