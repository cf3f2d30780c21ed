"""`laddnav check-cdr` and `credit-cdr`: is a partner's CDR right, and how is one taken back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from laddnav.cli import saying
from laddnav.cli.files import read_as
from laddnav.cli.spelling import maybe
from laddnav.cli.words import Words, at_most_one_from_standard_input
from laddnav.ocpi.wire.charge import charge_and_version, read_charge, read_tariffs, version_of
from laddnav.ocpi.wire.power_type import power_type
from laddnav.pricing import Charge
from laddnav.pricing.check import causes, plausible
from laddnav.pricing.check.verdicts import Checked, Verdict, checked
from laddnav.pricing.policy import policy_named
from laddnav.tariffs.model import Tariff


def check_cdr(words: list[str]) -> int:
    """1 where the CDR is wrong; what cannot be verified is no reason to say no."""
    asked = _check_words().parse_args(words)
    at_most_one_from_standard_input([asked.cdr, *asked.tariff, *asked.earlier])
    policy = policy_named(asked.policy)
    charge, spoken, outlet = read_as(asked.cdr, partial(_read, version=asked.version))
    reads = partial(read_tariffs, version=asked.version, otherwise=spoken)
    done = checked(
        charge,
        tariffs=_tariffs(asked.tariff, reads),
        earlier=_tariffs(asked.earlier, reads),
        zone=asked.timezone,
        policy=policy,
        power_max=plausible.most_of(outlet),
    )
    if asked.json:
        saying.one(_spelt(done, asked.language), as_json=True)
    else:
        print("\n".join(_told(done, asked.language)))
    return 1 if done.verdict is Verdict.MISMATCH else 0


def _read(body: bytes, version: str | None) -> tuple[Charge, str, str | None]:
    """(what decides its price, its version, the kind of power that its Connector gives)."""
    return *charge_and_version(body, version), power_type(body)


def _check_words() -> Words:
    words = Words("check-cdr", "Price a partner's CDR again and say whether it is right; exit status 1 if it is not.")
    words.add_argument("cdr", metavar="FILE", help="the CDR, of OCPI 2.1.1, 2.2.1 or 2.3.0")
    words.add_tariffs("may be repeated; else those that the CDR carries")
    words.add_argument(
        "--earlier",
        metavar="FILE",
        action="append",
        default=[],
        help="versions of the Tariff that it may have been priced with by mistake; may be repeated",
    )
    words.add_zone()
    words.add_version()
    words.add_policy()
    words.add_language()
    words.add_json()
    return words


def credit_cdr(words: list[str]) -> int:
    from laddnav.ocpi.wire.codec import encoded, parsed
    from laddnav.ocpi.wire.credit import credit
    from laddnav.server.clock import WallClock

    taken = Words("credit-cdr", "Write the Credit CDR that takes a CDR back, as one JSON object.")
    taken.add_argument("cdr", metavar="FILE", help="the CDR, of OCPI 2.2.1 or 2.3.0")
    taken.add_argument("--id", metavar="ID", help="of the Credit CDR; else that of the CDR with -C after it")
    taken.add_version()
    taken.add_json()
    asked = taken.parse_args(words)

    def credited(body: bytes) -> dict[str, Any]:
        read_charge(body, asked.version)  # what cannot be priced is no CDR
        said = parsed(body)
        return credit(said, asked.version or version_of(said), id=asked.id, at=WallClock().now())

    sys.stdout.write(encoded(read_as(asked.cdr, credited)).decode() + "\n")
    return 0


def _tariffs(files: list[str], reads: Callable[[bytes], tuple[Tariff, ...]]) -> tuple[Tariff, ...]:
    return tuple(tariff for file in files for tariff in read_as(file, reads))


def _spelt(done: Checked, language: str) -> dict[str, Any]:
    """Costs before taxes, `…_incl` with them; a number is an exact string, or null where it is not stated or known."""
    return {
        "verdict": done.verdict.value,
        "mismatching_fields": list(done.mismatching_fields),
        "likely_cause": None if done.likely_cause is None else done.likely_cause.value,
        "likely_cause_says": None if done.likely_cause is None else causes.said(done.likely_cause, language),
        "why": done.why,
        "fields": [
            {
                "name": one.name,
                "verdict": one.verdict.value,
                "stated": maybe(one.stated),
                "ours": maybe(_fine(one.ours)),
                "stated_incl": maybe(one.stated_incl),
                "ours_incl": maybe(_fine(one.ours_incl)),
            }
            for one in done.fields
        ],
        "implausible": [{"code": one.value, "says": plausible.said(one, language)} for one in done.implausible],
        "flags": list(dict.fromkeys(one.flag.value for one in done.flags)),
    }


def _told(done: Checked, language: str) -> Iterator[str]:
    words = _WORDS[language]
    yield f"{done.verdict.value}: {words[done.verdict.value]}"
    if done.why is not None:
        yield done.why
    if done.likely_cause is not None:
        yield f"{words['cause']}: {causes.said(done.likely_cause, language)}"
    elif "total_cost" in done.mismatching_fields:
        yield words["no cause"]
    for odd in done.implausible:
        yield f"{words['implausible']}: {plausible.said(odd, language)}"
    yield ""
    head = tuple(words["head"].split("; "))
    rows = [
        (one.name, one.verdict.value, *map(_number, (one.stated, one.ours, one.stated_incl, one.ours_incl)))
        for one in done.fields
    ]
    yield from saying.table([head, *rows], frozenset({2, 3, 4, 5}))


_WORDS = {
    "en": {
        "match": "the CDR costs what its tariff says, to the last digit.",
        "within-rounding": "the CDR costs what its tariff says, as far as its rounding lets one see.",
        "not-verifiable": "what would decide is not in the CDR.",
        "mismatch": "the CDR does not cost what its tariff says.",
        "cause": "Likely cause",
        "no cause": "No usual mistake gives the total that it states.",
        "implausible": "Implausible",
        "head": "field; verdict; stated; ours; stated with taxes; ours with taxes",
    },
    "sv": {
        "match": "CDR:en kostar vad dess tariff säger, till sista siffran.",
        "within-rounding": "CDR:en kostar vad dess tariff säger, så långt dess avrundning låter en se.",
        "not-verifiable": "det som skulle avgöra saken står inte i CDR:en.",
        "mismatch": "CDR:en kostar inte vad dess tariff säger.",
        "cause": "Trolig orsak",
        "no cause": "Inget vanligt misstag ger den total som den anger.",
        "implausible": "Orimligt",
        "head": "fält; omdöme; angivet; vårt; angivet med skatt; vårt med skatt",
    },
}


def _number(number: Decimal | None) -> str:
    return maybe(_fine(number)) or "-"


def _fine(number: Decimal | None) -> Decimal | None:
    """An hour's third has no end in decimals; twelve places are as fine as our own amounts are."""
    return number if number is None else round(number, 12)
