"""Why a line of a price is what it is: kept as data, said as a sentence in English, Swedish or German."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.tariffs.model import Restriction
from laddnav.tariffs.words import length, number, when


class Because(StrEnum):
    """The rule that put a line on the bill."""

    ALWAYS = "ALWAYS"  # it has no restriction, and no Element before it prices this dimension
    WHILE = "WHILE"  # its restriction held, and no Element before it applied
    OTHERWISE = "OTHERWISE"  # it has no restriction, and no Element before it applied
    START = "START"  # a flat fee, due once when the session starts
    RESERVED = "RESERVED"  # a flat fee for the reservation before the session
    EXPIRED = "EXPIRED"  # a flat fee for a reservation that nobody used
    AT_LEAST = "AT_LEAST"  # the tariff's lowest price for a session
    AT_MOST = "AT_MOST"  # the tariff's highest price for a session


class Reason(Struct, frozen=True, kw_only=True):
    """`restriction` is the applying Element's own; `step` stands where counting in steps raised the volume."""

    code: Because
    restriction: Restriction = Restriction()
    step: Energy | timedelta | None = None

    def __str__(self) -> str:
        return said(self, "en")


_SENTENCES: dict[str, dict[Because, str]] = {
    "en": {
        Because.ALWAYS: "The price that always applies.",
        Because.WHILE: "The price that applies {when}.",
        Because.OTHERWISE: "The price when no other of the tariff's prices applies.",
        Because.START: "Start fee, once a session.",
        Because.RESERVED: "Reservation fee, once.",
        Because.EXPIRED: "Fee for a reservation that expired before the charge began.",
        Because.AT_LEAST: "A session costs at least this much, whatever was used.",
        Because.AT_MOST: "A session never costs more than this.",
    },
    "sv": {
        Because.ALWAYS: "Priset som alltid gäller.",
        Because.WHILE: "Priset som gäller {when}.",
        Because.OTHERWISE: "Priset när inget annat av tariffens priser gäller.",
        Because.START: "Startavgift, en gång per laddning.",
        Because.RESERVED: "Bokningsavgift, en gång.",
        Because.EXPIRED: "Avgift för en bokning som löpte ut innan laddningen började.",
        Because.AT_LEAST: "En laddning kostar minst så här mycket, oavsett vad som använts.",
        Because.AT_MOST: "En laddning kostar aldrig mer än så här.",
    },
    "de": {
        Because.ALWAYS: "Der Preis, der immer gilt.",
        Because.WHILE: "Der Preis, der {when} gilt.",
        Because.OTHERWISE: "Der Preis, wenn kein anderer des Tarifs gilt.",
        Because.START: "Startgebühr, einmal je Ladevorgang.",
        Because.RESERVED: "Reservierungsgebühr, einmal.",
        Because.EXPIRED: "Gebühr für eine Reservierung, die vor dem Laden verfiel.",
        Because.AT_LEAST: "So viel kostet ein Ladevorgang mindestens, gleich was verbraucht wurde.",
        Because.AT_MOST: "Mehr kostet ein Ladevorgang nie.",
    },
}
_STEPS: dict[str, str] = {
    "en": " Counted in steps of {step}, rounded up once for the whole session.",
    "sv": " Räknas i steg om {step} och avrundas uppåt en gång för hela laddningen.",
    "de": " Gezählt in Schritten von {step}, für den ganzen Ladevorgang einmal aufgerundet.",
}


def said(reason: Reason, language: str) -> str:
    """In English where the language is not one of ours."""
    sentence = _SENTENCES.get(language, _SENTENCES["en"])[reason.code]
    sentence = sentence.format(when=when(reason.restriction, language))
    if reason.step is None:
        return sentence
    step = (
        f"{number(reason.step.wh, language)} Wh" if isinstance(reason.step, Energy) else length(reason.step, language)
    )
    return sentence + _STEPS.get(language, _STEPS["en"]).format(step=step)
