"""Verbs about grid companies and what they ask for."""

from laddnav.openadr.actions.hearing import heard
from laddnav.openadr.actions.proving import forget, prove, reported, to_report
from laddnav.openadr.actions.setting_up import (
    by_ref,
    change,
    connect,
    is_resource,
    is_resource_no_more,
    page,
    remove,
    signals,
)

__all__ = [
    "by_ref",
    "change",
    "connect",
    "forget",
    "heard",
    "is_resource",
    "is_resource_no_more",
    "page",
    "prove",
    "remove",
    "reported",
    "signals",
    "to_report",
]
