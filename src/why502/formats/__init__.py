"""Log formats, one file each. Each module exposes one constant `FORMAT`; found by walking the package."""
