"""Speed, side by side with a peer in one run. Not part of the tests: a machine's mood is no defect."""
