"""Three grid tariffs as Swedish companies write theirs; names and numbers are made up, the shapes are not."""

from __future__ import annotations

from laddnav.kit import json
from laddnav.market.model import GridTariff
from laddnav.market.rules import meant

# Workdays of winter, in the daytime: the mean of the five highest hours, of one day as many as there are.
WINTER_WORKDAYS = """{
  "name": "Effekt 80 A", "currency": "SEK", "time_zone": "Europe/Stockholm", "vat": 25,
  "energy": [{"name": "Transfer", "rates": [
    {"per_kwh": "0.52", "windows": [{"months": [11, 12, 1, 2, 3],
      "days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"], "begins": "06:00", "ends": "22:00"}]},
    {"per_kwh": "0.11"}]}],
  "energy_tax": "0.36", "markup": "0.04", "per_month": 410, "per_ampere": 2,
  "peaks": [{"name": "Winter power", "per_kw": 94, "top_n": 5, "per_day": null, "windows": [
    {"months": [11, 12, 1, 2, 3], "days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
     "begins": "07:00", "ends": "20:00"}]}],
  "feed_in": [{"name": "For the grid", "rates": [{"per_kwh": "0.07"}]}], "feed_in_spot": 1,
  "holidays": ["2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01", "2027-01-06"]
}"""

# All year, each hour: the mean of the three highest hours of different days.
THREE_DAYS = """{
  "name": "Villa", "currency": "SEK", "time_zone": "Europe/Stockholm", "vat": 25,
  "energy": [{"name": "Transfer", "rates": [{"per_kwh": "0.25"}]}], "energy_tax": "0.36",
  "fuse_fees": [{"amps_max": 16, "per_month": 150}, {"amps_max": 25, "per_month": 245}],
  "peaks": [{"name": "Power", "per_kw": "45", "top_n": 3}]
}"""

# As before, and what is drawn at night counts by half.
NIGHT_BY_HALF = """{
  "name": "Stad", "currency": "SEK", "time_zone": "Europe/Stockholm", "vat": 25,
  "energy": [{"name": "Transfer", "rates": [{"per_kwh": "0.07"}]}], "energy_tax": "0.36", "per_month": 395,
  "peaks": [{"name": "Power", "per_kw": "81.25", "top_n": 3,
    "weights": [{"factor": "0.5", "windows": [{"begins": "22:00", "ends": "06:00"}]}]}]
}"""


def read(text: str) -> GridTariff:
    return meant(json.decode(text, GridTariff))
