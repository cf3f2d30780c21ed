"""What shows a requirement, a file a subject: pure functions over recorded exchanges, each registered under its ids."""

from laddnav.ocpi.conform.checks import (
    behind,
    envelope,
    expected,
    handshake,
    hub,
    kept,
    limited,
    limits,
    meaning,
    objects,
    paging,
    paid,
    priced,
    terminals,
    theirs,
)

# Importing a file registers its checks; this is the list of the files.
FILES = (
    behind,
    envelope,
    expected,
    handshake,
    hub,
    kept,
    limited,
    limits,
    meaning,
    objects,
    paging,
    paid,
    priced,
    terminals,
    theirs,
)
