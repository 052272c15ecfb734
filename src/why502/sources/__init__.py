"""Readers: evidence becomes facts here. Each module with a constant `READER` is found by walking the package."""
