"""Frozen, typed data: facts, evidence, verdict. No input or output happens here.

Times are seconds since the epoch (UTC, float; 0.24 µs resolution) in every fact, and RFC 3339 only in the
verdict. Absent is `None`, never 0. Numbers carry their unit in the name.
"""
