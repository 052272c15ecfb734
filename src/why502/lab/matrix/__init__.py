"""The matrix: every fault x proxy x seed, and its healthy twin, judged on every subset of the evidence."""

from __future__ import annotations
