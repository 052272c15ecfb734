"""Facts -> verdict: clusters are weighed, alike verdicts merged, conditions attached, the next check computed.

Pure functions of frozen data; `judge_case` is the whole of it.
"""

from why502.ranking.judging import judge_case

__all__ = ["judge_case"]
