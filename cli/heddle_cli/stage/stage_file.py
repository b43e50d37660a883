"""`.heddle/stage.json`: where the stage is and how to get in. Exactly these keys; programs outside rely on them."""

from dataclasses import asdict, dataclass
from pathlib import Path

from heddle_cli.stage.home import read_json, write_json


@dataclass(frozen=True, slots=True)
class StageFile:
    """The addresses of a stage and the credentials of its demo tenant."""

    app_url: str
    api_url: str
    ws_url: str
    graphql_url: str
    mcp_url: str
    tenant: str
    user: str
    password: str
    api_key: str

    @classmethod
    def read(cls, path: Path) -> "StageFile | None":
        """Return the file's content; None if it is missing or not whole."""
        found = read_json(path)
        names = cls.__dataclass_fields__
        if not all(isinstance(found.get(name), str) for name in names):
            return None
        return cls(**{name: found[name] for name in names})

    def write(self, path: Path) -> None:
        """Write it, readable by its owner only."""
        write_json(path, asdict(self))


def addresses(edge_port: int) -> dict[str, str]:
    """Return the five addresses of a stage behind this port."""
    origin = f"http://127.0.0.1:{edge_port}"
    return {
        "app_url": origin,
        "api_url": f"{origin}/api",
        "ws_url": f"ws://127.0.0.1:{edge_port}/ws",
        "graphql_url": f"{origin}/graphql",
        "mcp_url": f"{origin}/mcp",
    }
