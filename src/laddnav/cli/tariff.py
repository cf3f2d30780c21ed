"""`laddnav lint`, `explain` and `budget`: what is wrong with a Tariff, what it means, and how far an amount reaches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from laddnav.cli import saying, spelling
from laddnav.cli.files import read_as
from laddnav.cli.receipt import money
from laddnav.cli.words import Words, amount, instant
from laddnav.kit.power import Power
from laddnav.kit.time import rfc3339
from laddnav.ocpi.wire.charge import read_tariff
from laddnav.tariffs.words import length

if TYPE_CHECKING:
    from laddnav.pricing.ahead.estimate import Reach
    from laddnav.pricing.lint.findings import Finding

_SECOND = timedelta(seconds=1)
_POWER_KW = "11"  # what most cars draw from most posts: three phases of 16 A


def lint(words: list[str]) -> int:
    """1 where something is an error; a warning or a hint is said, and no reason to refuse the Tariff."""
    from laddnav.ocpi.wire.lint import findings
    from laddnav.pricing.lint.findings import Severity

    taken = Words("lint", "Find what is wrong with a Tariff, and how to mend it; exit status 1 if it has an error.")
    taken.add_argument("tariff", metavar="FILE", help="the Tariff, of OCPI 2.1.1, 2.2.1 or 2.3.0")
    taken.add_version()
    taken.add_language()
    taken.add_json()
    asked = taken.parse_args(words)
    found = read_as(asked.tariff, partial(findings, version=asked.version, language=asked.language))
    if asked.json:
        saying.one({"findings": [_spelt(one) for one in found]}, as_json=True)
    else:
        print("\n".join(_told(found)))
    return 1 if any(one.severity is Severity.ERROR for one in found) else 0


def explain(words: list[str]) -> int:
    from laddnav.pricing.plain.explain import explained

    taken = Words("explain", "Say a Tariff in plain words.")
    taken.add_argument("tariff", metavar="FILE", help="the Tariff, of OCPI 2.1.1, 2.2.1 or 2.3.0")
    taken.add_language()
    taken.add_version()
    taken.add_json()
    asked = taken.parse_args(words)
    tariff = read_as(asked.tariff, partial(read_tariff, version=asked.version))
    said = explained(tariff, asked.language)
    if asked.json:
        saying.one({"tariff_id": tariff.id, "language": asked.language, "text": said}, as_json=True)
    else:
        print(said)
    return 0


def budget(words: list[str]) -> int:
    from laddnav.cli.zones import zone_for
    from laddnav.kit.power import kw
    from laddnav.pricing.ahead.estimate import reach

    asked = _budget_words().parse_args(words)
    tariff = read_as(asked.tariff, partial(read_tariff, version=asked.version))
    zone, power = zone_for(asked.timezone, tariff), kw(asked.power_kw)
    start = _start(asked.start, zone)
    found = reach(tariff, amount=asked.amount, power=power, start=start, zone=zone)
    if asked.json:
        said = {
            "reached_at_kwh": None if found.energy is None else spelling.number(found.energy.kwh),
            "reached_after_s": None if found.after is None else found.after // _SECOND,
            "amount": spelling.number(asked.amount),
            "currency": tariff.currency,
            "after_taxes": found.after_taxes,
            "total_cost": spelling.cost(found.total),
            "power_kw": spelling.number(power.kw),
            "start": rfc3339(start),
            "timezone": zone,
        }
        saying.one(said, as_json=True)
    else:
        print(_reached(found, asked.amount, tariff.currency, power))
    return 0


def _budget_words() -> Words:
    words = Words("budget", "Say how far an amount reaches: until how many kWh, and for how long.")
    words.add_argument("tariff", metavar="FILE", help="the Tariff, of OCPI 2.1.1, 2.2.1 or 2.3.0")
    words.add_argument("--amount", metavar="A", required=True, type=amount, help="with taxes, in the Tariff's currency")
    words.add_argument(
        "--power-kw", metavar="P", type=amount, default=Decimal(_POWER_KW), help=f"what the car draws; else {_POWER_KW}"
    )
    words.add_argument("--start", metavar="AT", type=instant, help="such as 2026-11-21T18:00; else now")
    words.add_zone()
    words.add_version()
    words.add_json()
    return words


def _start(said: datetime | None, zone: str) -> datetime:
    """Without an offset it is what the Location's clock shows; without anything it is now."""
    if said is None:
        from laddnav.server.clock import WallClock

        return WallClock().now()
    return (said.replace(tzinfo=ZoneInfo(zone)) if said.tzinfo is None else said).astimezone(UTC)


def _reached(found: Reach, amount: Decimal, currency: str, power: Power) -> str:
    side = "with taxes" if found.after_taxes else "before taxes"
    at = f"charging at {spelling.number(power.kw)} kW"
    said = f"{money(amount, currency)} {currency} {side}, {at}: "
    if found.energy is None or found.after is None:
        return f"{said}never used up; a month costs {_side(found, currency)} {currency}."
    reached = f"{spelling.number(found.energy.kwh)} kWh, {length(found.after)}"
    return f"{said}{reached}; that costs {_side(found, currency)} {currency}."


def _side(found: Reach, currency: str) -> str:
    return money(found.total.incl if found.after_taxes else found.total.excl, currency)


def _spelt(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code.value,
        "severity": finding.severity.value,
        "pointer": finding.pointer,
        "message": finding.message,
        "fix": finding.fix,
    }


def _told(found: tuple[Finding, ...]) -> Iterator[str]:
    if not found:
        yield "Nothing to find fault with."
    for one in found:
        yield f"{one.severity.value} {one.code.value} at {one.pointer or 'the whole tariff'}"
        yield f"    {one.message}"
        yield f"    {one.fix}"
