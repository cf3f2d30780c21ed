"""Payloads made from the official schemas: the least that is valid, all that there is, and what nobody should send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from laddnav.ocpp.wire.schemas import Direction, Version, sends

FORMATS = {"date-time": "2026-11-23T08:00:00Z", "uri": "https://example.com/x"}
HOSTILE: tuple[Any, ...] = (None, True, -1, 10**30, "x" * 10_000, "'; drop table station; --", [], [[]], {}, {"id": {}})


@cache
def schema_of(version: Version, action: str, direction: Direction = Direction.REQUEST) -> dict[str, Any]:
    ending = version.asked if direction is Direction.REQUEST else direction
    name = action if action in sends(version) else f"{action}{ending}"
    found: dict[str, Any] = json.loads((files("ocpp") / version / "schemas" / f"{name}.json").read_bytes())
    return found


def example(version: Version, action: str, direction: Direction = Direction.REQUEST, *, full: bool = False) -> Any:
    schema = schema_of(version, action, direction)
    return _made(schema, schema.get("definitions", {}), full)


def wrong(payload: dict[str, Any], required: list[str]) -> Iterator[dict[str, Any]]:
    """Each without something that it needs; where nothing is needed, with something that there is not."""
    if not required:
        yield payload | {"nonsense": 1}
    for name in required:
        yield {key: value for key, value in payload.items() if key != name}


def hostile(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each with another value in one place."""
    for name, value in payload.items():
        if isinstance(value, dict):
            yield from ({**payload, name: below} for below in hostile(value))
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from ({**payload, name: [below]} for below in hostile(value[0]))
        yield from ({**payload, name: evil} for evil in HOSTILE)


def _made(schema: dict[str, Any], definitions: dict[str, Any], full: bool) -> Any:
    if "$ref" in schema:
        return _made(definitions[schema["$ref"].split("/")[-1]], definitions, full)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            needed = schema.get("required", [])
            wanted = [
                name for name in schema.get("properties", {}) if name in needed or (full and name != "customData")
            ]
            return {name: _made(schema["properties"][name], definitions, full) for name in wanted}
        case "array":
            return [_made(schema["items"], definitions, full)] * max(schema.get("minItems", 0), 1)
        case "string":
            return FORMATS.get(schema.get("format", ""), "1")[: schema.get("maxLength", 100)]
        case "boolean":
            return False
        case "integer" | "number":
            return int(min(max(schema.get("minimum", 1), 1), schema.get("maximum", 1)))
    return {}
