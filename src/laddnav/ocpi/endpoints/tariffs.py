"""Tariffs: as CPO we say what is promised, as eMSP we hear it (OCPI 2.2.1 mod_tariffs_tariffs_module)."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.ocpi import store
from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.endpoints.call import DONE, Call, Reply, Table, Within, kept
from laddnav.ocpi.endpoints.heard import Subject
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.wire.handshake import Module
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff
from laddnav.tariffs.rules import UnknownTariff

SUBJECT = Subject(
    module=Module.TARIFFS,
    kind=Tariff,
    field="id",
    id=lambda tariff: tariff.id,
    key=lambda tariff: fold(tariff.id),
    owner=lambda tariff: tariff.owner,
    last_updated=lambda tariff: tariff.last_updated,
    keep=tariffs.keep,
    unknown=UnknownTariff,
    correct=tariffs.correct,
)


async def get(unit: Unit, call: Call) -> Reply:
    id = call.segments[2]
    return Reply(data=await SUBJECT.get(unit, call, id, fold(id)))


async def put(unit: Unit, call: Call) -> Reply:
    return kept(new=await SUBJECT.put(unit, call, call.segments[2]))


async def patch(unit: Unit, call: Call) -> Reply:
    """OCPI 2.1.1 mod_tariffs §2.2.3; later versions have the whole or nothing."""
    await SUBJECT.patch(unit, call, call.segments[2], fold(call.segments[2]))
    return kept(new=False)


async def delete(unit: Unit, call: Call) -> Reply:
    """No charge begins on it any more; what rests on it stays (OCPI 2.2.1 mod_tariffs_delete_method).

    Raises UnknownTariff.
    """
    id = call.segments[2]
    before = await SUBJECT.before(unit, call.connection, call.version, call.owner(), fold(id))
    if before.new:
        raise UnknownTariff(id)
    if not before.means_nothing:
        await tariffs.withdraw(unit, call.holder, call.owner(), id)
    store.words.drop(unit, before.key)
    return DONE


async def gone(unit: Unit, key: Key) -> None:
    """It is not on the whole list any more (OCPI 2.2.1 mod_tariffs_cpo_get_response_data)."""
    if await tariffs.find(unit, key.holder, key.owner, key.id) is not None:
        await tariffs.withdraw(unit, key.holder, key.owner, key.id)


SENDER: Table = {("GET", 0): lists.listing(Module.TARIFFS)}
RECEIVER: Table = {
    ("GET", 3): Within(get),
    ("PUT", 3): Within(put),
    ("PATCH", 3): Within(patch, lambda version: version.patches_tariffs),
    ("DELETE", 3): Within(delete),
}
