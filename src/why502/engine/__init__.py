"""Logs of any size: cut into columns by compiled loops, kept in tables, summed up by Ibis expressions.

Nothing in here is imported before a log is larger than what plain Python reads in a second.
"""
