"""Every claim of speed, beside its peers."""
