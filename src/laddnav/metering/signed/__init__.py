"""Signed meter records: read as their meter wrote them, and judged against the key of that meter."""
