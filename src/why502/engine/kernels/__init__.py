"""The compiled loop that walks a plan's steps over the lines of a block.

It holds no knowledge of any format. It never reads beyond the padding of a block: every block ends with a line feed,
every step stops at one, and steps of a fixed length check the space that is left. `engine.compiling` makes machine
code of it; nothing else imports these modules, as Numba takes a third of a second to load.
"""
