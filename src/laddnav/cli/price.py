"""`laddnav price`: what a CDR, or a session told as meter and states, costs under a Tariff, and why."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from laddnav.cli import saying, spelling
from laddnav.cli.files import read_as
from laddnav.cli.words import Words, WrongCall, at_most_one_from_standard_input
from laddnav.ocpi.wire.charge import charge_and_version, read_tariffs, version_of
from laddnav.pricing.charge import price as priced
from laddnav.pricing.model import Charge, Priced
from laddnav.pricing.policy import policy_named
from laddnav.pricing.zones import ZONE_OF_COUNTRY
from laddnav.tariffs.model import Tariff
from laddnav.tariffs.rules import in_force


def price(words: list[str]) -> int:
    asked = _words().parse_args(words)
    if (asked.cdr is None) == (asked.session is None):
        raise WrongCall("Give either --cdr or --session: one of them is priced; see laddnav price --help")
    at_most_one_from_standard_input([asked.cdr, asked.session, *asked.tariff])
    if asked.cdr is not None:
        return _price_cdr(asked)
    return _price_session(asked)


def _words() -> Words:
    words = Words("price", "Price a CDR or a session under a Tariff, and say why every line costs what it costs.")
    words.add_argument("--cdr", metavar="FILE", help="a CDR of OCPI 2.1.1, 2.2.1 or 2.3.0")
    words.add_argument("--session", metavar="FILE", help="instead of a CDR: `start`, `end`, `meter` and `states`")
    words.add_tariffs("may be repeated; left out, those that the CDR carries count")
    words.add_zone()
    words.add_version()
    words.add_policy()
    words.add_language()
    words.add_json()
    return words


def _price_cdr(asked: Namespace) -> int:
    policy = policy_named(asked.policy)
    charge, spoken = read_as(asked.cdr, partial(charge_and_version, version=asked.version))
    reads = partial(read_tariffs, version=asked.version, otherwise=spoken)
    tariffs = tuple(one for file in asked.tariff for one in read_as(file, reads))
    if not tariffs and not charge.tariffs:
        raise WrongCall(f"{asked.cdr} carries no Tariff; --tariff gives one")
    done = _with_stated_energy(priced(charge, tariffs=tariffs, zone=asked.timezone, policy=policy), charge)
    _say(asked, done, asked.timezone or charge.zone or ZONE_OF_COUNTRY.get(charge.country or ""), {})
    return 0


def _with_stated_energy(done: Priced, charge: Charge) -> Priced:
    """Where no period counts ENERGY, as in the specification's own example, the CDR's total is all that is known."""
    if charge.energy is None or any(one.type == "ENERGY" for each in charge.periods for one in each.dimensions):
        return done
    return replace(done, used=charge.energy)


def _price_session(asked: Namespace) -> int:
    """The CDR is built first; its price is the session's."""
    from laddnav.cli.zones import zone_for
    from laddnav.metering.curve import read_session, stretches_of
    from laddnav.ocpi.wire.drafts import draft
    from laddnav.pricing.tab import metered

    policy = policy_named(asked.policy)
    if not asked.tariff:
        raise WrongCall("A session carries no Tariff; --tariff gives one")
    told = [one for file in asked.tariff for one in read_as(file, partial(_with_words, version=asked.version))]
    curve = read_as(asked.session, read_session)
    tariff, words = _promised(told, curve.started_at)
    zone = zone_for(asked.timezone, tariff)
    done = metered(tariff, stretches_of(curve), zone, started_at=curve.started_at, policy=policy)
    cdr = draft(done, [words], asked.version or version_of(words))
    _say(asked, done, zone, {"cdr": cdr})
    return 0


def _with_words(body: bytes, version: str | None) -> list[tuple[Tariff, dict[str, Any]]]:
    """What each Tariff of a file means, and its own words."""
    from laddnav.ocpi.wire.codec import parsed

    tariffs, words = read_tariffs(body, version), parsed(body)
    return list(zip(tariffs, words if isinstance(words, list) else [words], strict=True))


def _promised(told: list[tuple[Tariff, dict[str, Any]]], at: datetime) -> tuple[Tariff, dict[str, Any]]:
    """The only one, else the first that holds when the session starts. Raises WrongCall."""
    if len(told) == 1:
        return told[0]
    tariffs = [tariff for tariff, _ in told]
    chosen = in_force(tariffs, tuple(tariff.id for tariff in tariffs), at)
    if chosen is None:
        raise WrongCall("None of the Tariffs is for everybody and in force when the session starts")
    return told[tariffs.index(chosen)]


def _say(asked: Namespace, done: Priced, zone: str | None, more: dict[str, Any]) -> None:
    if asked.json:
        saying.one(spelling.priced(done, asked.language) | more, as_json=True)
    else:
        from laddnav.cli.receipt import receipt

        print(receipt(done, zone, asked.language))
