"""Node types that meet the world outside: http, parse, emit."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from heddle.domain.engine.plan import RetryPolicy
from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.http_methods import SAFE_TO_REPEAT
from heddle.domain.nodes.spec import NodeType

Url = Annotated[str, Field(min_length=1, max_length=8192)]
Status = Annotated[int, Field(ge=100, le=599)]
Scalar = str | int | float | bool


class HttpConfig(NodeConfig):
    """Sends one HTTP request. Addresses inside a network are refused unless the stage allows the host."""

    url: Url = Field(description="An http or https address without user name and password.")
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        default="GET", description="The method. After a crash POST and PATCH are not sent again by themselves."
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        max_length=100,
        description="Request headers. Only here `{{ secrets.NAME }}` can be used, for example "
        '`Authorization: "Bearer {{ secrets.crm }}"`.',
    )
    query: dict[str, Scalar | list[Scalar] | None] = Field(
        default_factory=dict,
        max_length=200,
        description="Query parameters, added to those of `url`; a list repeats its name, null leaves it out.",
    )
    json_body: Any = Field(default=None, alias="json", description="A body sent as application/json.")
    text: str | None = Field(default=None, description="A body sent as it is, text/plain unless a header says more.")
    form: dict[str, Scalar | list[Scalar] | None] | None = Field(
        default=None, description="A body sent as application/x-www-form-urlencoded."
    )
    timeout: float = Field(
        default=30.0, gt=0, le=840, description="Seconds for everything together: name, connection, redirects, body."
    )
    max_bytes: int = Field(
        default=10_485_760, ge=1, le=67_108_864, description="The longest answer that is accepted, unpacked."
    )
    follow_redirects: int = Field(default=5, ge=0, le=5, description="How many redirects to follow; 0: none.")
    expect: list[Status] | None = Field(
        default=None,
        min_length=1,
        description="Statuses that count as success; others fail with `http_status`. Without it 200 to 399.",
    )
    retry_on: list[Status] | None = Field(
        default=None,
        description="Statuses worth another attempt (with the node's `retry`). Without it 408, 425, 429 and 5xx; of "
        "POST and PATCH only 425 and 429, because of the others nobody knows whether it was done.",
    )
    response: Literal["auto", "json", "text", "base64"] = Field(
        default="auto", description="How to read the body. auto: JSON and text by media type, anything else as base64."
    )

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if len({"json_body", "text", "form"} & self.model_fields_set) > 1:
            raise ValueError("give only one of `json`, `text` and `form`")
        return self


class DocumentSource(NodeConfig):
    """A document: exactly one of `text`, `base64`, `object` and `url`."""

    text: str | None = Field(default=None, description="The document itself.")
    base64: str | None = Field(default=None, description="The document's bytes in base64.")
    object: str | None = Field(default=None, max_length=1024, description="The key that an upload gave.")
    url: Url | None = Field(default=None, description="Where to get it; the same addresses are refused as by http.")
    media_type: str | None = Field(
        default=None,
        max_length=255,
        description="What it is: text/html, application/pdf, text/markdown, application/json, application/xml or "
        "text/plain. Without it the server's word, the name's ending and the first bytes tell.",
    )
    filename: str | None = Field(default=None, max_length=1024, description="A name whose ending tells what it is.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(value is not None for value in (self.text, self.base64, self.object, self.url)) != 1:
            raise ValueError("give exactly one of `text`, `base64`, `object` and `url`")
        return self


class ParseConfig(NodeConfig):
    """Reads a document: HTML, PDF, Markdown, JSON, XML or plain text, up to 64 MiB."""

    document: DocumentSource = Field(description="The document.")
    main_content: bool = Field(
        default=True, description="Of HTML only the article, without navigation, where the page marks one."
    )
    passages: bool = Field(default=True, description="Also cut the text into passages.")
    passage_chars: int = Field(
        default=1200, ge=100, le=20_000, description="About how long a passage may be, in characters."
    )
    max_chars: int = Field(
        default=5_000_000, ge=1, le=50_000_000, description="Text beyond this is cut off, and `truncated` says so."
    )
    timeout: float = Field(default=60.0, gt=0, le=840, description="Seconds for getting and reading it.")


class EmitConfig(NodeConfig):
    """Puts an event on the stage's event bus, source `heddle.workflow`, for rules and other systems."""

    event: str = Field(
        min_length=1, max_length=128, description="What happened; the detail-type that rules match, such as OrderPaid."
    )
    detail: dict[str, Any] = Field(default_factory=dict, description="The facts, at most 200 KiB as JSON.")


def _http_effects(config: Mapping[str, Any]) -> str:
    """Return the effects; a method that is an expression may turn out to be a POST, so it counts as one."""
    return "none" if config.get("method", "GET") in SAFE_TO_REPEAT else "once"


IO_TYPES = (
    NodeType(
        name="http",
        category="io",
        summary="Sends an HTTP request.",
        config=HttpConfig,
        host="function",
        function="http",
        effects=_http_effects,
        timeout=60.0,
        retry=RetryPolicy(max_attempts=3, delay=0.5),
        secret_fields=("headers",),
        output_schema=shape(
            "The answer.",
            status=field("integer", "The status."),
            headers=field("object", "Its headers, names in lower case, without cookies."),
            body={"description": "JSON as a value, text as text, anything else in base64; null if there is none."},
            encoding=field(["string", "null"], "How to read `body`.", enum=["json", "text", "base64", None]),
            media_type=field("string", "Its media type, or an empty text."),
            bytes=field("integer", "The length of the body, unpacked."),
            url=field("string", "The address that answered, after redirects."),
            duration_ms=field("number", "How long it took."),
        ),
    ),
    NodeType(
        name="parse",
        category="io",
        summary="Reads a document.",
        config=ParseConfig,
        host="function",
        function="parse",
        timeout=120.0,
        retry=RetryPolicy(max_attempts=2, delay=0.5),
        output_schema=shape(
            "What the document says.",
            text=field("string", "Its text, paragraphs apart by an empty line."),
            title=field(["string", "null"], "Its title, if it has one."),
            media_type=field("string", "What it was read as."),
            structure=field(
                "array",
                "Its outline: HTML, Markdown and PDF bookmarks {level, title, offset or page}, JSON {path, type}, "
                "XML {path, count}.",
            ),
            links=field("array", "Links in it: {url, text}, each once."),
            metadata=field("object", "What it says of itself: author, language, created, …"),
            passages=field("array", "The text in passages: {index, text, offset, heading, page, source}."),
            pages=field(["integer", "null"], "The number of pages of a PDF, else null."),
            words=field("integer", "The number of words."),
            bytes=field("integer", "Its length."),
            sha256=field("string", "The SHA-256 of its bytes, hex."),
            source=field(["string", "null"], "Its address, object key or file name, for quoting it; null if unnamed."),
            truncated=field("boolean", "True if text beyond `max_chars` was cut off."),
        ),
    ),
    NodeType(
        name="emit",
        category="io",
        summary="Puts an event on the bus.",
        config=EmitConfig,
        host="function",
        function="emit",
        effects="once",
        timeout=30.0,
        output_schema=shape(
            "The receipt.",
            event_id=field("string", "The id that the bus gave the event."),
            event=field("string", "The event's name."),
        ),
    ),
)
