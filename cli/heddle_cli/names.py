"""What the command is called where it was typed, so that the next command we print can be copied."""

import os
import shlex

COMMAND = shlex.quote(os.environ.get("HEDDLE_COMMAND") or "heddle")
"""`bin/heddle` sets the variable to the words it was started with."""
