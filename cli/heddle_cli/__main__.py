"""`python -m heddle_cli` is `heddle`."""

from heddle_cli.app import main

main()
