"""The report on a reader: more than the sets of `ml.evaluate`, as one page to look at."""
