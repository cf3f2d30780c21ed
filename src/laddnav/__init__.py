"""Laddnav: a charging network on open standards."""
