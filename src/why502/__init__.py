"""Finds out why a gateway answered 502, 503 or 504.

One direction: evidence -> facts -> suspects weigh them -> ranking -> verdict -> report.
`why502.diagnosis.diagnose` is what the command line calls.
"""

__version__ = "0.1.0"
