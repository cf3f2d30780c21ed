"""Speaks with stations: their words on the wire, the sockets they hang on, and what was said."""
