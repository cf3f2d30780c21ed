"""Pricing under load: a whole charge priced, beside the reading of its CDR from JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from statistics import median

import msgspec

from laddnav.cdrs.model import Cdr
from laddnav.ocpi.partners import NEWEST
from laddnav.ocpi.wire.shared.scalars import from_json
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.sim.bench import charges
from laddnav.sim.bench.figures import Figure, Pace, rate
from laddnav.tariffs.model import Tariff

DECODED = "msgspec decoding the same CDR into structs"


def prices(pace: Pace) -> list[Figure]:
    """No database and no server: what one core does."""
    return [
        _priced("pricing_simple", charges.simple(), pace),
        _priced("pricing_complex", charges.complex(), pace),
    ]


def _priced(name: str, tariff: Tariff, pace: Pace) -> Figure:
    session = charges.stretches()
    codec = VERSIONS[NEWEST].codecs[Cdr]
    words = codec.encode(charges.cdr("CDR-1", tariff, session))
    decoder = msgspec.json.Decoder(codec.wire, dec_hook=from_json, float_hook=Decimal)
    ours, limit = [], []
    for _ in range(pace.rounds):
        ours.append(_a_second(lambda: charges.closed(tariff, session), pace.seconds / 2))
        limit.append(_a_second(lambda: decoder.decode(words), pace.seconds / 2))
    return rate(name, "CDRs/s/core", median(ours), median(limit), DECODED)


def _a_second(work: Callable[[], object], seconds: float) -> float:
    """How often it can be done in a second of processor time."""
    began, done = time.process_time(), 0
    while (took := time.process_time() - began) < seconds:
        for _ in range(10):
            work()
        done += 10
    return done / took
