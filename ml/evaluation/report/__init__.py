"""The report on a reader: all benchmarks, robustness and speed, as an HTML page and as a model card."""
