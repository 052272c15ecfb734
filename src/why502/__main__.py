"""`python -m why502`."""

from why502.cli import script

if __name__ == "__main__":
    script()
