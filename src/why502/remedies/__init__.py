"""Live changes: shown first, verified after, written down with how to undo them. Nothing else is ever changed."""
