"""The `heddle` command and the local stage."""
