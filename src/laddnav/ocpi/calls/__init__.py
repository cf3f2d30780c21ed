"""Calls to partners: what stands between a wish to ask and an answer read."""
