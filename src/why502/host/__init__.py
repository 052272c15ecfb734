"""The live host, one file a kernel surface. Nothing on the host is changed by looking."""
