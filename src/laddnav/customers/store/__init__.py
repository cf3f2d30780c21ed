"""Customers as they are kept."""
