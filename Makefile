# The whole developer interface: demo, test, lint, lab, bench, docs.
