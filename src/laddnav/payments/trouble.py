"""What a person has to look at of a payment: a kind with its values, worded where it is read.

Here in English, on a page in the language of its reader; what a provider said stays as it said it.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.money import minor_unit
from laddnav.kit.words import N_


class TroubleKind(StrEnum):
    # Money lacks.
    NOT_TAKEN = "NOT_TAKEN"
    TAKEN_BACK = "TAKEN_BACK"
    GIVEN_BACK = "GIVEN_BACK"
    # The provider says no.
    CAPTURE_REFUSED = "CAPTURE_REFUSED"
    RELEASE_REFUSED = "RELEASE_REFUSED"
    REFUND_REFUSED = "REFUND_REFUSED"
    # It says nothing that could be, or nothing at all.
    UNSURE = "UNSURE"
    CONTRADICTED = "CONTRADICTED"


SENTENCES = {
    TroubleKind.NOT_TAKEN: N_("%(amount)s could not be taken"),
    TroubleKind.TAKEN_BACK: N_("%(amount)s were taken back by the payer’s bank"),
    TroubleKind.GIVEN_BACK: N_("%(amount)s were given back, and nobody here asked for that"),
    TroubleKind.CAPTURE_REFUSED: N_("It was refused to take what is held: “%(said)s”"),
    TroubleKind.RELEASE_REFUSED: N_("It was refused to let go of what is held: “%(said)s”"),
    TroubleKind.REFUND_REFUSED: N_("It was refused to give it back: “%(said)s”"),
    TroubleKind.UNSURE: N_("Whether it was done is not known: “%(said)s”"),
    TroubleKind.CONTRADICTED: N_("The provider shows “%(shown)s”, which cannot have come of “%(was)s”"),
}


class Trouble(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`said` is somebody else's word for it; `was` and `shown` are the states that do not go together."""

    kind: TroubleKind
    amount: Decimal | None = None
    currency: str = ""
    said: str = ""
    was: str = ""
    shown: str = ""

    def __str__(self) -> str:
        money = "" if self.amount is None else f"{self.amount.quantize(minor_unit(self.currency))} {self.currency}"
        return SENTENCES[self.kind] % {"amount": money, "said": self.said, "was": self.was, "shown": self.shown}
