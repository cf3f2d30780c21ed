"""The form of a new task: each field judged as the API judges it, and what is wrong said where it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from msgspec import Struct, structs

from laddnav.kit import json
from laddnav.kit.refusal import Refusal
from laddnav.locations.rules import UnknownStation
from laddnav.ocpp.tasks.model import Kind
from laddnav.ocpp.tasks.rules import HalfSigned, NobodySelected
from laddnav.web.asked import Asked
from laddnav.web.pages import request_names
from laddnav.web.refusals import sentence
from laddnav.web.words import N_

S = TypeVar("S", bound=Struct)

# What every kind asks: whom it means and at what pace. What others call alike is not the same, but where logs go.
OF_ALL = ("holder", "stations", "vendor", "model", "running", "wave", "failures_max")
LOGS = (Kind.DIAGNOSTICS, Kind.SECURITY_LOG)

FLAGS = ("at_once", "operative", "anew")
NUMBERS = ("evse_no", "security_profile", "wave", "failures_max")
# They stand in the form with what is usual: one that was emptied may be a slip.
NEVER_EMPTY = ("wave", "failures_max")

MISSING = request_names.WRONG["MISSING"]
WRONG = {
    "location": N_(
        "Write a whole address, such as https://files.example/2.0.bin; http, ftp, ftps and sftp are possible as well."
    ),
    "url": N_("Write a whole address with wss:// or ws://, such as wss://csms.example/ocpp."),
    "version": N_("Write 50 characters at most."),
    "certificate": N_("Write 5,500 characters at most: the certificate of the maker alone."),
    "signature": N_("Write 800 characters at most: the signature alone."),
    "evse_no": N_("Write a whole number: the first EVSE is 1."),
    "security_profile": N_("Write 0, 1, 2 or 3."),
    "key": N_("Write 50 characters at most."),
    "wave": N_("Write a whole number from 1 to 10,000."),
    "failures_max": N_("Write a whole number from 0 to 100,000."),
}
NOBODY = N_("No station fits all of this. Leave out what need not be so, or name the stations.")


def shared(kind: Kind, other: Kind) -> tuple[str, ...]:
    """The fields that are asked in both and mean the same."""
    return (*OF_ALL, "location") if kind in LOGS and other in LOGS else OF_ALL


def read(asked: Asked, kind: type[S], wrong: dict[str, str]) -> S | None:
    """A field that is left empty is not said. None where anything is wrong, which then stands in `wrong`."""
    said: dict[str, object] = {}
    for field in structs.fields(kind):
        name, text = field.name, asked.said(field.name)
        if name in FLAGS:
            said[name] = text == "yes"
        elif text:
            number = asked.number(name) if name in NUMBERS else None
            try:
                said[name] = json.decode(json.encode(text if number is None else number), field.type)
            except json.Unreadable:
                wrong[name] = asked.say(WRONG[name])
        elif field.required or (name in NEVER_EMPTY and name in asked.form):
            wrong[name] = asked.say(MISSING)
    return None if wrong else kind(**said)


def refused(asked: Asked, error: Refusal) -> Mapping[str, str]:
    """What a refusal of the whole says, at the field that it is about; "" is the whole of it."""
    match error:
        case UnknownStation():
            return {"stations": sentence(error, asked.language)}
        case NobodySelected():
            return {"stations": asked.say(NOBODY)}
        case HalfSigned():
            return {"signature" if asked.said("certificate") else "certificate": sentence(error, asked.language)}
    return {"": sentence(error, asked.language)}
