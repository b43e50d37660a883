"""Plugins: hand in, show, enable, configure, reload, try out, delete, and what they did."""

import base64
import binascii
from typing import TYPE_CHECKING, Any

from heddle.errors import InvalidInput, PluginFailed
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heddle.application.ports.plugins import PluginCall
    from heddle.domain.plugins.plugin import Plugin, PluginVersion

HEALTH_CALLS = 20
TEST_SECONDS = 10.0


@endpoint("upload_plugin")
def upload_plugin(services: Services, request: Request) -> Reply:
    """POST /plugins: 201 if this version is new, 200 if exactly it was there already."""
    from heddle.runtime.api.bodies.plugins import PluginBody

    body = request.model(PluginBody)
    upload = services.upload_plugin
    wasm = _unpacked(body.wasm) if body.wasm is not None else upload.read(request.tenant, str(body.object))
    uploaded = upload(request.tenant, wasm, body.manifest, by=request.principal.id)
    plugin = uploaded.plugin
    headers = {"Location": f"plugins/{plugin.name}"}
    return Reply(201 if uploaded.new else 200, {**_shown(plugin), "new": uploaded.new}, headers)


@endpoint("list_plugins")
def list_plugins(services: Services, request: Request) -> Reply:
    """GET /plugins."""
    plugins = services.ports.plugins.plugins(request.tenant)
    return Reply(200, {"items": [_shown(each) for each in plugins], "cursor": None})


@endpoint("get_plugin")
def get_plugin(services: Services, request: Request) -> Reply:
    """GET /plugins/{plugin}."""
    plugin = _plugin(services, request)
    versions = services.ports.plugins.versions(request.tenant, plugin.name)
    calls = services.ports.plugin_log.calls(request.tenant, plugin.name, limit=HEALTH_CALLS).items
    return Reply(200, {**_shown(plugin), "versions": list(map(_version, versions)), "health": health(calls)})


@endpoint("delete_plugin")
def delete_plugin(services: Services, request: Request) -> Reply:
    """DELETE /plugins/{plugin}."""
    services.change_plugin.delete(request.tenant, request.params["plugin"])
    return Reply(204)


@endpoint("enable_plugin")
def enable_plugin(services: Services, request: Request) -> Reply:
    """POST /plugins/{plugin}/enable."""
    name, by = request.params["plugin"], request.principal.id
    return Reply(200, _shown(services.change_plugin.enable(request.tenant, name, by=by)))


@endpoint("disable_plugin")
def disable_plugin(services: Services, request: Request) -> Reply:
    """POST /plugins/{plugin}/disable."""
    name, by = request.params["plugin"], request.principal.id
    return Reply(200, _shown(services.change_plugin.disable(request.tenant, name, by=by)))


@endpoint("configure_plugin")
def configure_plugin(services: Services, request: Request) -> Reply:
    """PUT /plugins/{plugin}/config."""
    from heddle.runtime.api.bodies.plugins import PluginConfigBody

    config = request.model(PluginConfigBody).config
    name, by = request.params["plugin"], request.principal.id
    return Reply(200, _shown(services.change_plugin.configure(request.tenant, name, config, by=by)))


@endpoint("reload_plugin")
def reload_plugin(services: Services, request: Request) -> Reply:
    """POST /plugins/{plugin}/reload."""
    name, by = request.params["plugin"], request.principal.id
    return Reply(200, _shown(services.change_plugin.reload(request.tenant, name, by=by)))


@endpoint("test_plugin")
def test_plugin(services: Services, request: Request) -> Reply:
    """POST /plugins/{plugin}/test: 200 also if the plugin fails, since that is what was asked."""
    from heddle.runtime.api.bodies.plugins import PluginTestBody

    body = request.model(PluginTestBody)
    plugin, version = services.call_plugin.find(request.tenant, request.params["plugin"], body.version)
    config = {**plugin.config, **body.config}
    if body.content is not None:
        word, document = "analyze", {"content": body.content.model_dump(), "config": config}
    else:
        word, document = "code", {"input": body.input, "config": config}
    answer: dict[str, Any] = {"ok": False, "version": version.version, "output": None, "error": None}
    nothing = {"duration_ms": None, "fuel": None, "memory_bytes": None}
    try:
        ran = services.call_plugin(version, word, document, seconds=TEST_SECONDS, source="test")
    except PluginFailed as error:
        failure = {"code": error.code, "message": error.message}
        return Reply(200, {**answer, **nothing, "error": failure, "log": str(error.details.get("log", ""))})
    took = {"duration_ms": round(ran.seconds * 1000, 3), "fuel": ran.fuel, "memory_bytes": ran.memory_bytes}
    return Reply(200, {**answer, **took, "ok": True, "output": ran.output, "log": ran.log})


@endpoint("list_plugin_calls")
def list_plugin_calls(services: Services, request: Request) -> Reply:
    """GET /plugins/{plugin}/logs."""
    plugin, query = _plugin(services, request), request.query
    page = services.ports.plugin_log.calls(request.tenant, plugin.name, limit=query["limit"], cursor=query["cursor"])
    return Reply(200, {"items": [_fields(each) for each in page.items], "cursor": page.cursor})


def health(calls: "Sequence[PluginCall]") -> str:
    """Return how a plugin's last calls went: some failures degrade it, half of them make it unhealthy."""
    failed = sum(not call.ok for call in calls)
    if not calls:
        return "unknown"
    return "healthy" if not failed else "degraded" if failed * 2 < len(calls) else "unhealthy"


def _plugin(services: Services, request: Request) -> "Plugin":
    return services.call_plugin.find(request.tenant, request.params["plugin"])[0]


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        errors = [{"field": "wasm", "message": "is not valid base64"}]
        raise InvalidInput("wasm is not valid base64", errors=errors) from None


def _shown(plugin: "Plugin") -> dict[str, Any]:
    shown = {**_fields(plugin), "current": _version(plugin.current)}
    del shown["tenant"]
    return shown


def _version(version: "PluginVersion") -> dict[str, Any]:
    return {
        "version": version.version,
        "manifest": version.manifest.to_json(),
        "sha256": version.sha256,
        "bytes": version.bytes,
        "target": version.compiled.target,
        "uploaded_at": version.uploaded_at,
        "uploaded_by": version.uploaded_by,
    }


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
