"""Prompts that are there from the beginning. Each is version 1, of everybody, and cannot be saved over."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType

from heddle.domain.prompts.prompt import RESERVED_PREFIX, Prompt, PromptVersion, Variable

_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_OPTIONAL_TEXT = Variable("String", required=False, default="")
_OPTIONAL_LIST = Variable("Array", required=False, default=[])

_SYSTEM_PROMPT = """\
You are {{ role }}.
{%- if instructions %}

{{ instructions }}
{%- endif %}
{%- if rules %}

Rules:
{%- for rule in rules %}
- {{ rule }}
{%- endfor %}
{%- endif %}
"""

_USER_MESSAGE = """\
{%- if passages %}Use only these passages; name the number of each one that you rely on.
{% for passage in passages %}
[{{ loop.index }}] {{ passage }}
{% endfor %}
{% endif %}{{ message }}
"""

_JSON_RESPONSE = """\
{{ task }}

Answer with one JSON value and nothing else: no sentence before it, no code fence around it.
{%- if schema %}
It must be valid under this JSON Schema:
{{ schema | tojson }}
{%- endif %}
"""

_ERROR_RESPONSE = """\
This went wrong{% if step %} in the step "{{ step }}"{% endif %}: {{ error }}

Tell the person who asked, in two sentences at most, what did not work and what they can do about it.
Do not guess at causes that are not named above.
"""

_AGENT_SYSTEM_PROMPT = """\
You are {{ role }}. You work towards this goal: {{ goal }}
{%- if instructions %}

{{ instructions }}
{%- endif %}
{%- if tools %}

You have these tools:
{%- for tool in tools %}
- {{ tool.name }}{% if tool.description is defined %}: {{ tool.description }}{% endif %}
{%- endfor %}
Call a tool when you lack a fact or must act; call several at once when none needs the answer of another.
{%- endif %}
When the goal is reached, or cannot be, answer without calling a tool. Say what you could not find out.
"""

_TOOL_SELECTION = """\
Which of these tools helps most with the task below?
{% for tool in tools %}
- {{ tool.name }}{% if tool.description is defined %}: {{ tool.description }}{% endif %}
{%- endfor %}

Task: {{ task }}

Answer with the tool's name alone, or with "none".
"""


@cache
def built_in() -> Mapping[str, PromptVersion]:
    """Return the built-in prompts by name."""
    text, role = Variable("String"), Variable("String", required=False, default="a careful assistant")
    made = (
        _version(
            "system_prompt",
            "system",
            _SYSTEM_PROMPT,
            role=role,
            instructions=_OPTIONAL_TEXT,
            rules=_OPTIONAL_LIST,
        ),
        _version("user_message", "user", _USER_MESSAGE, message=text, passages=_OPTIONAL_LIST),
        _version("json_response", "user", _JSON_RESPONSE, task=text, schema=Variable("Object", required=False)),
        _version("error_response", "user", _ERROR_RESPONSE, error=text, step=_OPTIONAL_TEXT),
        _version(
            "agent_system_prompt",
            "system",
            _AGENT_SYSTEM_PROMPT,
            role=role,
            goal=text,
            instructions=_OPTIONAL_TEXT,
            tools=_OPTIONAL_LIST,
        ),
        _version("tool_selection", "user", _TOOL_SELECTION, task=text, tools=Variable("Array")),
    )
    return MappingProxyType({version.prompt: version for version in made})


def built_in_prompt(name: str) -> Prompt:
    """Return the row of a built-in prompt; KeyError if there is none."""
    built_in()[name]
    return Prompt(name, 1, 1, _SINCE, _SINCE, "system", description="built in")


def _version(name: str, part: str, text: str, **variables: Variable) -> PromptVersion:
    return PromptVersion(
        prompt=RESERVED_PREFIX + name,
        number=1,
        content={part: text},
        templates={part: text},
        content_hash="",
        created_at=_SINCE,
        created_by="system",
        variables=variables,
    )
