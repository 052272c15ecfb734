"""What Prometheus (and whatever speaks its HTTP API: Thanos, Mimir, VictoriaMetrics) answers to queries.

`names` says which metrics judgement knows, `answer` decodes, `making` turns samples into what judgement uses, and
`reader` is the door for files.
"""
