"""What the use cases need from the outside world. Every adapter of a port passes the same contract suite.

Rules that hold for all: a tenant is the first argument or part of the key, and nothing of another tenant is ever
returned; a missing thing is None or NotFound as stated; foreign errors come out as `HeddleError`s.
"""
