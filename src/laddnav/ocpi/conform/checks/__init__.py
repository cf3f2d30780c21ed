"""What shows a requirement, a file a subject: pure functions over recorded exchanges, each registered under its ids."""

from laddnav.ocpi.conform.checks import (
    envelope,
    expected,
    handshake,
    hub,
    kept,
    limits,
    meaning,
    objects,
    paging,
    paid,
    priced,
    theirs,
)

# Importing a file registers its checks; this is the list of the files.
FILES = (envelope, expected, handshake, hub, kept, limits, meaning, objects, paging, paid, priced, theirs)
