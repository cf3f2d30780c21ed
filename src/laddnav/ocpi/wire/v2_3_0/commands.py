"""Commands as OCPI 2.3.0 spells them: as 2.2.1, but the Token in them may be of any type."""

from typing import Any

from laddnav.ocpi.wire.codec import Codec
from laddnav.ocpi.wire.commands import ReserveNow, StartSession
from laddnav.ocpi.wire.v2_2_1 import commands as v2_2_1
from laddnav.ocpi.wire.v2_2_1.commands import read_reserve, read_start, reserve_words, start_words
from laddnav.ocpi.wire.v2_3_0.token import WireToken, write_token


class WireStartSession(v2_2_1.WireStartSession, kw_only=True, omit_defaults=True):
    token: WireToken


class WireReserveNow(v2_2_1.WireReserveNow, kw_only=True, omit_defaults=True):
    token: WireToken


def write_start(command: StartSession) -> WireStartSession:
    return WireStartSession(**start_words(command), token=write_token(command.token))


def write_reserve(command: ReserveNow) -> WireReserveNow:
    return WireReserveNow(**reserve_words(command), token=write_token(command.token))


CODECS: dict[type[Any], Codec[Any, Any]] = {
    StartSession: Codec(WireStartSession, read_start, write_start),
    ReserveNow: Codec(WireReserveNow, read_reserve, write_reserve),
}
