"""Targets of the lab: small servers, each with one true-to-life fault."""
