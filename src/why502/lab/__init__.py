"""The lab: faults made with real proxies, real servers and the real kernel, in network namespaces.

Nothing that it records is forged: a scenario only sets the stage (a fault in a server, a limit, a load), the
kernel and the proxies do the rest.
"""
