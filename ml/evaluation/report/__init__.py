"""The report on a reader: more than the sets of `ml.evaluation.evaluate`, as one page to look at."""
