"""What HTTP promises about its methods; known to the config model and to the client."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

SAFE_TO_REPEAT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""Methods that HTTP calls idempotent (RFC 9110, section 9.2.2): sending them twice does what sending them once does."""
