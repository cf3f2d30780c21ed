"""Verbs about homes."""

from laddnav.mqtt.actions.carrying_out import carry_out, limits_answered
from laddnav.mqtt.actions.commanding import command
from laddnav.mqtt.actions.seeing import Sight, see
from laddnav.mqtt.actions.setting_up import (
    by_ref,
    change,
    connect,
    hear,
    hear_no_more,
    nobody_holds,
    page,
    put_under,
    remove,
    take_out,
)

__all__ = [
    "Sight",
    "by_ref",
    "carry_out",
    "change",
    "command",
    "connect",
    "hear",
    "hear_no_more",
    "limits_answered",
    "nobody_holds",
    "page",
    "put_under",
    "remove",
    "see",
    "take_out",
]
