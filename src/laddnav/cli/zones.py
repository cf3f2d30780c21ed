"""The time zone of a price where no CDR says in which country the charge was."""

from __future__ import annotations

from laddnav.cli.words import WrongCall
from laddnav.pricing.offers import offers
from laddnav.pricing.policy import OURS
from laddnav.pricing.zones import zone_named
from laddnav.tariffs.model import Tariff


def zone_for(named: str | None, tariff: Tariff) -> str:
    """Raises WrongCall where the Tariff has times of day and nobody says whose clock shows them, and CannotPrice."""
    if named is not None:
        zone_named(named, OURS)
        return named
    if offers(tariff).asks_clock:
        raise WrongCall(f"Tariff {tariff.id!r} has times of day; --timezone says where they are read")
    return "UTC"
