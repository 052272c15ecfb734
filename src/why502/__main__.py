"""`python -m why502`."""

from why502.cli import main

main()
