"""What was changed, and what died by itself, as other tools record it: one file a format.

A deliberate stop or roll-out is a `Change`. A process that ended by itself is a `KernelEvent`: a crash is not what
somebody did.
"""
