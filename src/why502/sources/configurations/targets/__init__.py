"""Limits of targets out of configurations given as evidence: one file a syntax or a server."""
