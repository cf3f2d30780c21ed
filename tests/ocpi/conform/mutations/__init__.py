"""Servers that are wrong in one way each, a file a subject."""

from tests.ocpi.conform.mutations import (
    emsp,
    envelopes,
    hub,
    limited,
    lists,
    objects,
    places,
    providers,
    registration,
    told,
)

# Importing a file lists its mutations in spoiling.MUTATIONS; this is the list of the files.
FILES = (emsp, envelopes, hub, limited, lists, objects, places, providers, registration, told)
