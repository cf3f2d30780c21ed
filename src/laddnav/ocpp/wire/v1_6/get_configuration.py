"""GetConfiguration: how a station is set up, all of it or the keys that are asked for (OCPP 1.6 §5.8)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Said, Verdict
from laddnav.ocpp.wire.secrets import is_secret
from laddnav.ocpp.wire.variables import (
    Mutability,
    ReadVariables,
    ReportVariables,
    Variable,
    VariableName,
    VariablesTold,
)


class WireKeyValue(Struct, frozen=True):
    key: str
    readonly: bool = False
    value: str | None = None


class WireConfiguration(Struct, frozen=True):
    configurationKey: tuple[WireKeyValue, ...] = ()
    unknownKey: tuple[str, ...] = ()


def write_all(request: ReportVariables) -> dict[str, Any]:
    return {}


def write_some(request: ReadVariables) -> dict[str, Any]:
    return {"key": [one.name for one in request.names]}


def read(payload: dict[str, Any]) -> Said:
    try:
        wire = msgspec.convert(payload, WireConfiguration, strict=False)
    except msgspec.ValidationError:
        return Verdict.FAILED
    return VariablesTold(
        variables=tuple(_variable(one) for one in wire.configurationKey),
        unknown=tuple(VariableName(name=key) for key in wire.unknownKey),
    )


def _variable(one: WireKeyValue) -> Variable:
    return Variable(
        name=VariableName(name=one.key),
        value=None if is_secret(one.key) else one.value,
        mutability=Mutability.READ_ONLY if one.readonly else Mutability.READ_WRITE,
    )


all_of_it = Asks("GetConfiguration", write_all, read)
some_of_it = Asks("GetConfiguration", write_some, read)
