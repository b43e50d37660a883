"""The node type that runs code of the tenant's: `code`."""

from typing import Any, Self

from pydantic import Field, model_validator

from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.spec import NodeType
from heddle.domain.plugins.limits import MAX_MEMORY_MB, MAX_SECONDS, Limits


class CodeConfig(NodeConfig):
    """Runs a WebAssembly module (WASI preview 1) in a sandbox without files and network.

    Exactly one of `plugin`, `wat`, `wasm` and `object`. It is called with the argument `code`, reads
    {"input": …, "config": …} from standard input and writes one JSON value to standard output.
    """

    plugin: str | None = Field(default=None, min_length=1, max_length=64, description="The name of an enabled plugin.")
    version: str | None = Field(
        default=None, max_length=64, description="Of `plugin`; left out: the version that is current when it runs."
    )
    wat: str | None = Field(
        default=None, min_length=1, max_length=1_000_000, description="A module in WebAssembly's text format."
    )
    wasm: str | None = Field(default=None, min_length=1, description="A module in base64.")
    object: str | None = Field(default=None, max_length=1024, description="A module that was uploaded: its key.")
    input: Any = Field(default=None, description="What the code is given; any JSON.")
    config: dict[str, Any] = Field(
        default_factory=dict, description="Further settings; of a plugin they are put over its configuration."
    )
    memory_mb: int = Field(
        default=Limits().memory_mb, ge=1, le=MAX_MEMORY_MB, description="Of `wat`, `wasm`, `object`: MiB of memory."
    )
    timeout: float = Field(default=MAX_SECONDS, gt=0, le=MAX_SECONDS, description="Seconds that it may take.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(value is not None for value in (self.plugin, self.wat, self.wasm, self.object)) != 1:
            raise ValueError("give exactly one of `plugin`, `wat`, `wasm` and `object`")
        if self.version is not None and self.plugin is None:
            raise ValueError("`version` is that of a `plugin`")
        return self


CODE_TYPES = (
    NodeType(
        name="code",
        category="io",
        summary="Runs code in a sandbox.",
        config=CodeConfig,
        host="function",
        function="code",
        timeout=30.0,
        output_schema=shape(
            "What the code gave.",
            value={"description": "The JSON value that it wrote to standard output."},
            log=field("string", "What it wrote to standard error."),
            duration_ms=field("number", "How long it took."),
            fuel=field("integer", "About how many instructions it carried out."),
            memory_bytes=field("integer", "How much memory it had at its end."),
        ),
    ),
)
