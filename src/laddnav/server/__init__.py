"""Puts the rooms together: who hears what, the pages and the APIs on one port, the work in the background."""
