"""The bodies about plugins."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from heddle.runtime.api.bodies.body import Body


class PluginBody(Body):
    """A module of WebAssembly: in base64, or the `object` that POST /uploads answered, once the file is there."""

    wasm: str | None = Field(default=None, max_length=5_600_000, description="The module in base64, if it is small.")
    object: str | None = Field(
        default=None, max_length=1024, description="An upload of at most 8 MiB.", examples=["acme/uploads/3f/p.wasm"]
    )
    manifest: dict[str, Any] | None = Field(
        default=None, description="Left out: it is in the module's custom section `heddle.manifest`."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.wasm is None) == (self.object is None):
            raise ValueError("give either `wasm` or `object`")
        return self


class PluginConfigBody(Body):
    """A plugin's whole configuration."""

    config: dict[str, Any]


class PluginContentBody(Body):
    """Content as an analysis gives it to plugins."""

    text: str = Field(max_length=5_000_000)
    content_type: Literal["text", "html", "pdf", "markdown", "json", "xml", "code"] = "text"
    metadata: dict[str, Any] = Field(default_factory=dict)


class PluginTestBody(Body):
    """A call: with `content` as analyses call it, else with `input` as nodes of type `code` do."""

    content: PluginContentBody | None = None
    input: Any = None
    config: dict[str, Any] = Field(default_factory=dict, description="Put over the plugin's configuration.")
    version: str | None = Field(default=None, max_length=64, description="Left out: the current one.")


BODIES: dict[str, type[Body]] = {
    "upload_plugin": PluginBody,
    "configure_plugin": PluginConfigBody,
    "test_plugin": PluginTestBody,
}
