"""The operator API described by itself: OpenAPI 3.1, made from the same routes and types that answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from laddnav.people.api import File, Route
from laddnav.people.model import Role
from laddnav.server.api import PREFIX, Operation, Parameters, operation_of
from laddnav.server.problems import KIND
from laddnav.server.words import Schema, Speller

_PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_REFUSED: Schema = {
    "description": "Refused",
    "content": {KIND: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_STREAM: Schema = {
    "operationId": "follow_events",
    "summary": "Everything that is announced, as server-sent events; each event's id is the cursor after it.",
    "parameters": [
        {
            "name": "after",
            "in": "query",
            "description": "The cursor to go on after; without it, from the beginning. `Last-Event-ID` does the same.",
            "schema": {"type": "string"},
        }
    ],
    "responses": {
        "200": {"description": "Until the reader leaves", "content": {"text/event-stream": {}}},
        "default": _REFUSED,
    },
}


def document(routes: Sequence[Route], url: str) -> Schema:
    """It is the work of a second, for which a thread may be had: nothing that answers is touched by it."""
    paths, schemas = _spelt(tuple(routes))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Laddnav operator API", "version": version("laddnav")},
        "servers": [{"url": url + PREFIX}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


@cache
def _spelt(routes: tuple[Route, ...]) -> tuple[dict[str, Schema], Schema]:
    """The paths, and the schemas that they name; the same for every installation."""
    answered = Speller()
    asked = Speller(asked=True, called=answered.called)
    paths: dict[str, Schema] = {"/events": {"get": _STREAM | {"security": [{"key": [Role.VIEWER.value]}]}}}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _described(operation_of(route), answered, asked)
    return paths, answered.components | asked.components | {"Problem": _PROBLEM}


def _described(operation: Operation, answered: Speller, asked: Speller) -> Schema:
    route = operation.route
    done: Schema = {"description": "Done"}
    if operation.kind is File:
        done["content"] = {route.gives: {"schema": {"type": "string", "format": "binary"}}}
    elif operation.kind is not type(None):
        done["content"] = {"application/json": {"schema": answered.of(operation.kind).schema}}
    words: Schema = {
        "operationId": route.does.__name__,
        "summary": (route.does.__doc__ or "").strip().partition("\n")[0],
        "parameters": [*_parameters(operation.path, "path"), *_parameters(operation.query, "query")],
        "responses": {
            str(route.status): done,
            "default": _REFUSED,
        },
        "security": [{"key": [role.value]} for role in (route.needs, *route.also)],
    }
    if operation.body is not None:
        schema = asked.of(operation.body).schema
        words["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return words


def _parameters(parameters: Parameters, where: str) -> list[Schema]:
    spell = Speller(asked=True)
    return [
        {"name": field.name, "in": where, "required": field.required, "schema": _schema(spell, field)}
        for field in msgspec.structs.fields(parameters.struct)
    ]


def _schema(spell: Speller, field: Any) -> Schema:
    """Absent is what null would be, so null is not offered."""
    schema = spell.of(field.type).schema
    some = [one for one in schema.get("anyOf", [schema]) if one != {"type": "null"}]
    return some[0] if len(some) == 1 else {"anyOf": some}
