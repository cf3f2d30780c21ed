"""OCPP 2.1 in JSON: what is heard and asked as in 2.0.1, and what it has besides."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.ocpp.wire import v2_0_1
from laddnav.ocpp.wire.prices import ChangeTariff, SetTariff
from laddnav.ocpp.wire.requests import LimitCharge, ReportLimits
from laddnav.ocpp.wire.schemas import Version
from laddnav.ocpp.wire.v2_1 import (
    get_certificate_chain_status,
    get_composite_schedule,
    reporting,
    set_charging_profile,
    tariff,
    transaction_event,
)

DIALECT = replace(
    v2_0_1.DIALECT,
    subprotocol="ocpp2.1",
    version=Version.V2_1,
    hears={
        **v2_0_1.DIALECT.hears,
        **reporting.HEARS,
        "GetCertificateChainStatus": get_certificate_chain_status.codec,
        "TransactionEvent": transaction_event.codec,
    },
    asks={
        **v2_0_1.DIALECT.asks,
        **reporting.ASKS,
        ChangeTariff: tariff.change,
        LimitCharge: set_charging_profile.codec,
        ReportLimits: get_composite_schedule.codec,
        SetTariff: tariff.set_default,
    },
    leaves=reporting.LEAVES,
    loses=tariff.lost,
)
