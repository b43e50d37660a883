"""What the platform is made of on AWS, and on the emulator: one CDK app, the same stacks for every stage."""

import sys
from pathlib import Path

from infra.node import use_bundled_node

# Before anything imports aws_cdk, which starts Node at once.
use_bundled_node()

# The stacks read the table of routes and the state machine's levels from our own code, wherever they are started from.
_CORE = str(Path(__file__).parents[1] / "layers" / "core" / "python")
if _CORE not in sys.path:
    sys.path.append(_CORE)
