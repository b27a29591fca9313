"""Benchmarks: speed beside a peer in one run, load, hostile input, and digests of the reader's answers.

They are no part of the tests, because times depend on what else the machine does.
"""
