"""`python -m why502`."""

from why502.start import start

if __name__ == "__main__":
    start()
