"""What a driver of a company may use in a week, and who may charge at present."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.customers.model import Contract, Standing
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.tokens.model import Barred


class Used(Struct, frozen=True, kw_only=True):
    """In a week that begins on a Monday; `cost` is before VAT. Charges under way count."""

    energy: Energy = NO_ENERGY
    cost: Decimal = Decimal(0)

    def __add__(self, other: Used) -> Used:
        return Used(energy=self.energy + other.energy, cost=self.cost + other.cost)


def week_of(day: date) -> date:
    """Its Monday."""
    return day - timedelta(days=day.weekday())


def used_up(contract: Contract, used: Used) -> bool:
    energy, cost = contract.week_energy, contract.week_cost
    return (energy is not None and used.energy >= energy) or (cost is not None and used.cost >= cost)


def barred(
    standing: Standing, wallet_free: Decimal | None, contract: Contract, used: Used, *, unheld: bool = False
) -> Barred | None:
    """The most basic reason first; None: they may charge. `wallet_free` None: they pay otherwise."""
    if standing is Standing.STOPPED:
        return Barred.STOPPED
    if wallet_free is not None and wallet_free <= 0:
        return Barred.WALLET
    if unheld:
        return Barred.CARD
    return Barred.WEEK if used_up(contract, used) else None


# What is told to whoever holds a card that may not charge: (language, text) each.
REASONS: dict[Barred, tuple[tuple[str, str], ...]] = {
    Barred.STOPPED: (
        ("en", "Charging is stopped until what is due is paid."),
        ("sv", "Laddning är stoppad tills det som är förfallet är betalt."),
        ("de", "Laden ist gesperrt, bis Fälliges bezahlt ist."),
    ),
    Barred.WALLET: (
        ("en", "The wallet is empty. Top it up to charge."),
        ("sv", "Plånboken är tom. Fyll på den för att ladda."),
        ("de", "Das Guthaben ist aufgebraucht. Bitte aufladen."),
    ),
    Barred.CARD: (
        ("en", "Your bank held nothing on your card. Look at your cards to charge again."),
        ("sv", "Din bank reserverade inget på ditt kort. Se över dina kort för att ladda igen."),
        ("de", "Ihre Bank hat auf Ihrer Karte nichts reserviert. Bitte prüfen Sie Ihre Karten."),
    ),
    Barred.WEEK: (
        ("en", "This week's limit of your company is used up."),
        ("sv", "Veckans gräns från ditt företag är förbrukad."),
        ("de", "Das Wochenlimit Ihrer Firma ist erreicht."),
    ),
}

STOPPED_AT = 3  # the last reminder: a month late, and told twice what would happen


def standing_after(reminder: int) -> Standing:
    """By the highest reminder of what is still open; 0: none."""
    if reminder >= STOPPED_AT:
        return Standing.STOPPED
    return Standing.REMINDED if reminder else Standing.GOOD
