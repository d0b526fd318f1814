"""A Runtime API client that meets every requirement of the conformance suite, in plain Python.

It is the suite's yardstick, so it is written to be read: each rule stands in one place, and each mutant
(tests/mutants/*.toml) is this code with one of those places changed.
"""
