"""Write docs/reference/{routes.md,errors.md,openapi.json} from the code: python scripts/write_api_reference.py."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "layers/core/python"))


def pages() -> dict[Path, str]:
    """Return each page's place and text."""
    from heddle.runtime.api import reference

    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    folder = ROOT / "docs/reference"
    return {
        folder / "routes.md": reference.routes_page(),
        folder / "errors.md": reference.errors_page(),
        folder / "openapi.json": reference.openapi_text(version),
    }


if __name__ == "__main__":
    for place, text in pages().items():
        place.write_text(text, encoding="utf-8")
        print(place.relative_to(ROOT))
