"""Plans as JSON: how they are stored with a version and read back where nodes run. No pydantic, no surprises.

A plan's hash is the SHA-256 of its canonical JSON (without the hash), so equal graphs have equal hashes everywhere.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from heddle.domain.engine.plan import CachePolicy, ForEach, Plan, PlanEdge, PlanNode, RetryPolicy


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON values; `plan_from_json` gives an equal plan back."""
    document = asdict(plan)
    document["order"] = list(plan.order)
    document["modes"] = list(plan.modes)
    document["segments"] = [list(segment) for segment in plan.segments]
    document["edges"] = [asdict(edge) for edge in plan.edges]
    for node in document["nodes"].values():
        node["retry"]["on"] = list(node["retry"]["on"])
        node["deferred"] = list(node["deferred"])
        node["secrets"] = list(node["secrets"])
    return document


def plan_from_json(document: Mapping[str, Any]) -> Plan:
    """Return the plan that the JSON describes. Fields it does not know are ignored: a newer compiler wrote them."""
    return Plan(
        name=document["name"],
        nodes={node_id: _node(node) for node_id, node in document["nodes"].items()},
        order=tuple(document["order"]),
        edges=tuple(
            PlanEdge(
                edge["source"],
                edge["target"],
                edge.get("branch"),
                edge.get("implied", False),
                edge.get("only_orders", False),
            )
            for edge in document["edges"]
        ),
        joins=dict(document["joins"]),
        segments=tuple(tuple(segment) for segment in document["segments"]),
        depth=document["depth"],
        outputs=document["outputs"],
        mode=document["mode"],
        reason=document["reason"],
        modes=tuple(document["modes"]),
        timeout=document["timeout"],
        input_schema=dict(document.get("input_schema") or {}),
        series_parallel=document.get("series_parallel", True),
        hash=document.get("hash", ""),
    )


def with_hash(plan: Plan) -> Plan:
    """Return the plan with its hash filled in."""
    document = plan_to_json(plan)
    del document["hash"]
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return replace(plan, hash=hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest())


def _node(document: Mapping[str, Any]) -> PlanNode:
    for_each = document.get("for_each")
    cache = document.get("cache")
    return PlanNode(
        id=document["id"],
        type=document["type"],
        host=document["host"],
        config=document["config"],
        function=document.get("function"),
        when=document.get("when"),
        for_each=None if for_each is None else ForEach(for_each["items"], for_each["concurrency"]),
        retry=_retry(document["retry"]),
        timeout=document["timeout"],
        on_error=document.get("on_error", "fail"),
        fallback=document.get("fallback"),
        cache=None if cache is None else CachePolicy(cache["ttl"], cache.get("key")),
        effects=document.get("effects", "none"),
        deferred=tuple(document.get("deferred", ())),
        secrets=tuple(document.get("secrets", ())),
        labels=dict(document.get("labels", {})),
        description=document.get("description", ""),
    )


def _retry(document: Mapping[str, Any]) -> RetryPolicy:
    return RetryPolicy(
        document["max_attempts"],
        document["backoff"],
        document["delay"],
        document["max_delay"],
        document["jitter"],
        tuple(document.get("on", ())),
    )
