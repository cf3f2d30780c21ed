"""Verbs about fleets: keep what they are, look how they stand, watch their departures, count what they spend."""

from laddnav.fleets.actions.departures import call_off, departure, departures, keep_departure, remove_departure
from laddnav.fleets.actions.keeping import add_cost_centre, add_depot, by_ref, find, found, named, page, remove_depot
from laddnav.fleets.actions.reading import alerts, at_risk, charges_of
from laddnav.fleets.actions.spending import as_table, count, every_vehicle, month, next_month
from laddnav.fleets.actions.standing import Board, board
from laddnav.fleets.actions.swaps import swap, unswap
from laddnav.fleets.actions.tabled import (
    TableTaken,
    departures_as_table,
    take_departures,
    take_vehicles,
    vehicles_as_table,
)
from laddnav.fleets.actions.vehicles import keep_vehicle, pay, remove_vehicle, tell, today, vehicle, vehicles
from laddnav.fleets.actions.watching import look, look_after, site_planned, vehicle_plugged_in, vehicle_unplugged

__all__ = [
    "Board",
    "TableTaken",
    "add_cost_centre",
    "add_depot",
    "alerts",
    "as_table",
    "at_risk",
    "board",
    "by_ref",
    "call_off",
    "charges_of",
    "count",
    "departure",
    "departures",
    "departures_as_table",
    "every_vehicle",
    "find",
    "found",
    "keep_departure",
    "keep_vehicle",
    "look",
    "look_after",
    "month",
    "named",
    "next_month",
    "page",
    "pay",
    "remove_departure",
    "remove_depot",
    "remove_vehicle",
    "site_planned",
    "swap",
    "take_departures",
    "take_vehicles",
    "tell",
    "today",
    "unswap",
    "vehicle",
    "vehicle_plugged_in",
    "vehicle_unplugged",
    "vehicles",
    "vehicles_as_table",
]
