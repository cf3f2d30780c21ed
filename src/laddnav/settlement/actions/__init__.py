"""Verbs of settling: with partners, of their files, with hosts, and what was earned."""
