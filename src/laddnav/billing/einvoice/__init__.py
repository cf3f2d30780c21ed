"""Invoices for machines: what EN 16931 asks, in either spelling, and what networks and companies want besides."""
