"""Connections: how one comes about, who of us speaks on it, and how it is kept young and true."""
