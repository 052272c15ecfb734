"""The inner loops: from bytes to finished conversations, over flat arrays of whole numbers.

Each function here is plain Python on `bytes` and lists, and runs as such for small captures; `compiling` makes
machine code of the very same functions for large ones, on NumPy arrays. That is why they use whole numbers, flat
indices and loops only. Times are nanoseconds since 1970, frame numbers count from 1, and 0 or -1 stand for "none"
where the layout says so.
"""
