"""A Credit CDR in the words of the CDR that it takes back: all of them repeated, the total negated."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import rfc3339

Words = dict[str, Any]

LONGEST_ID = 39  # OCPI 2.2.1 mod_cdrs_cdr_object: 36, and room for something appended
CREDIT = "-C"


class NotCreditable(Refusal):
    """This CDR cannot be taken back by a Credit CDR; the message says why."""


def credit(words: Any, version: str, *, id: str | None, at: datetime) -> Words:
    """The Credit CDR with this id, else the CDR's own and `-C`; `at` is when it was made.

    Only `total_cost` is negated, taxes and all; volumes and partial costs stay (OCPI 2.2.1 mod_cdrs_credit_cdrs).
    Raises NotCreditable, Unreadable.
    """
    if version not in _NEGATED:
        raise NotCreditable(f"OCPI {version} has no Credit CDRs: what is wrong is settled outside of it")
    if not isinstance(words, dict) or not isinstance(words.get("id"), str) or not words["id"]:
        raise Unreadable("Object missing required field `id`")
    if words.get("credit"):
        raise NotCreditable(f"CDR {words['id']!r} is a Credit CDR itself; send a new CDR instead")
    new = id or f"{words['id'][: LONGEST_ID - len(CREDIT)]}{CREDIT}"
    if new.casefold() == words["id"].casefold():
        raise NotCreditable("A Credit CDR has an id of its own")
    if len(new) > LONGEST_ID:
        raise NotCreditable(f"The id {new!r} has more than {LONGEST_ID} characters")
    return words | {
        "id": new,
        "total_cost": _negated(words.get("total_cost"), version),
        "credit": True,
        "credit_reference_id": words["id"],
        "last_updated": rfc3339(at),
    }


def _negated(cost: Any, version: str) -> Words:
    sides = _NEGATED[version]
    if not isinstance(cost, dict) or sides[0] not in cost:
        raise Unreadable(f"Object missing required field `{sides[0]}` - at `$.total_cost`")
    negated: Words = cost | {side: _minus(cost[side], side) for side in sides if cost.get(side) is not None}
    if cost.get("taxes"):
        negated["taxes"] = [
            tax | {"amount": _minus(tax["amount"], "taxes[...].amount")} for tax in _taxes(cost["taxes"])
        ]
    return negated


def _taxes(taxes: Any) -> list[Words]:
    if isinstance(taxes, list) and all(isinstance(tax, dict) and "amount" in tax for tax in taxes):
        return taxes
    raise Unreadable("Expected taxes that each have an `amount` - at `$.total_cost.taxes`")


def _minus(number: Any, path: str) -> int | Decimal:
    """A minus before a zero would say something that is not there."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        raise Unreadable(f"Expected `number` - at `$.total_cost.{path}`")
    return -number if number else number


# The fields of a Price that are amounts.
_NEGATED = MappingProxyType({"2.2.1": ("excl_vat", "incl_vat"), "2.3.0": ("before_taxes",)})
