"""Counters, calls and sums as items of the spend table, and the expressions that change them.

    control    pk tenant#budgets                                sk control        `version`, `revision`, `stops`
    budget     pk tenant#budgets                                sk budget#id      `version`, body
    counter    pk tenant#counter#budget#generation#window#shard#subject   sk counter
    call       pk tenant#call#id                                sk call
                  while reserved: gsi1 lapsing#shard, lapses_at#tenant#id
                  once booked:    gsi1 tenant#lines#run#run, at#id    gsi2 tenant#lines#day#day#shard, at#id
    sums       pk tenant#sums#month#shard                       sk [day, principal, workflow, provider, model]
    alert      pk tenant#budget#id                              sk alert#at#percent#window#subject
    grant      pk tenant#grant#id                               sk grant

A subject may be anything, so it comes last in a counter's key. Each shard of a counter is a partition of its own, and
so is each of the sums: neither the counters of a busy tenant nor its sums meet in one place.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from zlib import crc32

import orjson

from heddle.adapters.aws.dynamo import Item, from_item, pack_json, partition, to_item, unpack_json
from heddle.application.budgets.sums import SumKey, Sums
from heddle.application.ports.budgets import LAPSE_SHARDS, RESERVED, Call, Control, Stop
from heddle.application.ports.usage import LedgerLine
from heddle.domain.budgets.counter import Change, Counter, CounterKey, Piece

SUM_SHARDS = 8
"""Among how many partitions a month's sums, and the index of a day's lines, are spread."""

AMOUNTS = ("limit", "left", "reserved", "spent", "extra")
_NAMES = {f"#{name}": name for name in (*AMOUNTS, "rule", "debt")}


def shard_of(call_id: str, shards: int) -> int:
    """Return in which of so many parts a call is: always the same one."""
    return crc32(call_id.encode()) % shards


def control_key(tenant: str) -> dict[str, Any]:
    """Return the key of what every reservation looks at."""
    return {"pk": partition(tenant, "budgets"), "sk": "control"}


def budget_key(tenant: str, budget_id: str) -> dict[str, Any]:
    """Return the key of a budget."""
    return {"pk": partition(tenant, "budgets"), "sk": f"budget#{budget_id}"}


def counter_key(tenant: str, key: CounterKey) -> dict[str, Any]:
    """Return the key of a counter."""
    parts = (key.budget_id, str(key.generation), key.window, str(key.shard), key.subject)
    return {"pk": partition(tenant, "counter", *parts), "sk": "counter"}


def call_key(tenant: str, call_id: str) -> dict[str, Any]:
    """Return the key of a call."""
    return {"pk": partition(tenant, "call", call_id), "sk": "call"}


def sums_key(tenant: str, key: SumKey, call_id: str) -> dict[str, Any]:
    """Return the key of the row of sums that this call is counted in."""
    return {
        "pk": sums_partition(tenant, key.day[:7], shard_of(call_id, SUM_SHARDS)),
        "sk": orjson.dumps([key.day, key.principal, key.workflow_id, key.provider, key.model]).decode(),
    }


def sums_partition(tenant: str, month: str, shard: int) -> str:
    """Return one of the partitions of a month's sums."""
    return partition(tenant, "sums", month, str(shard))


def run_lines(tenant: str, run_id: str) -> str:
    """Return the partition of gsi1 that lists the calls of a run."""
    return partition(tenant, "lines", "run", run_id)


def day_lines(tenant: str, day: str, shard: int) -> str:
    """Return one of the partitions of gsi2 that list the calls of a day."""
    return partition(tenant, "lines", "day", day, str(shard))


def control_of(item: Item | None) -> Control:
    """Read the control; one that was never written is empty."""
    if item is None:
        return Control()
    values = from_item(item)
    stops = unpack_json(values["stops"]) if "stops" in values else {}
    return Control(
        values.get("version", 0), {key: Stop(**stop) for key, stop in stops.items()}, values.get("revision", 0)
    )


def counter_of(item: Item) -> Counter:
    """Read a counter."""
    values = from_item(item)
    return Counter(**{name: values[name] for name in (*AMOUNTS, "rule", "debt")})


def call_item(tenant: str, call: Call) -> Item:
    """Return a call as it is stored; while it is reserved it is found by when it lapses, then by run and day."""
    line = call.line
    place = f"{line.at}#{line.call_id}"
    reserved = call.state == RESERVED
    shard = shard_of(line.call_id, LAPSE_SHARDS if reserved else SUM_SHARDS)
    found: dict[str, Any]
    if reserved:
        found = {"gsi1pk": f"lapsing#{shard}", "gsi1sk": f"{call.lapses_at}#{tenant}#{line.call_id}"}
    else:
        found = {"gsi2pk": day_lines(tenant, line.at[:10], shard), "gsi2sk": place}
        if line.run_id:
            found |= {"gsi1pk": run_lines(tenant, line.run_id), "gsi1sk": place}
    return to_item(
        {
            **call_key(tenant, line.call_id),
            **found,
            "tenant": tenant,
            "call_id": line.call_id,
            "state": call.state,
            "at": line.at,
            "amount": call.amount,
            "lapses_at": call.lapses_at,
            "pieces": pack_json([[*asdict(piece.key).values(), piece.shards] for piece in call.pieces]),
            "line": pack_json(asdict(line)),
        }
    )


def call_of(item: Item) -> Call:
    """Read a call."""
    values = from_item(item)
    pieces = [Piece(CounterKey(*key), shards) for *key, shards in unpack_json(values["pieces"])]
    return Call(values["state"], line_of(item), values["amount"], tuple(pieces), values["lapses_at"])


def line_of(item: Item) -> LedgerLine:
    """Read the ledger line of a call."""
    return LedgerLine(**unpack_json(bytes(item["line"]["B"])))


def call_is(call: Call | None) -> dict[str, Any]:
    """Return the condition that a call is still as it was read."""
    if call is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "#state = :state AND #at = :at",
        "ExpressionAttributeNames": {"#state": "state", "#at": "at"},
        "ExpressionAttributeValues": to_item({":state": call.state, ":at": call.line.at}),
    }


def change_of(tenant: str, change: Change) -> dict[str, Any]:
    """Return the update of a counter, without the table.

    Amounts are added in place, so that calls do not wait for each other to have read them. DynamoDB's conditions do
    not calculate: that is why what is left is an attribute of its own.
    """
    values: dict[str, Any] = {}
    sets, names = _sets(change, values)
    condition = _condition(change, values, names)
    return {
        "Key": to_item(counter_key(tenant, change.key)),
        "UpdateExpression": f"SET {', '.join(sets)}",
        "ExpressionAttributeNames": {name: _NAMES[name] for name in sorted(names)},
        "ExpressionAttributeValues": to_item(values),
        **({"ConditionExpression": condition} if condition else {}),
    }


def _sets(change: Change, values: dict[str, Any]) -> tuple[list[str], set[str]]:
    sets, names = [], set()
    initial = change.initial
    for name in AMOUNTS:
        added = getattr(change, name)
        if initial is None and not added:
            continue
        names.add(f"#{name}")
        values[f":{name}"] = added
        before = f"#{name}"
        if initial is not None:
            values[f":{name}0"] = getattr(initial, name)
            before = f"if_not_exists(#{name}, :{name}0)"
        sets.append(f"#{name} = {before} + :{name}")
    for name, to in (("rule", change.to_rule), ("debt", change.to_debt)):
        if to is not None:
            values[f":to_{name}"] = to
            sets.append(f"#{name} = :to_{name}")
        elif initial is not None:
            values[f":{name}0"] = getattr(initial, name)
            sets.append(f"#{name} = if_not_exists(#{name}, :{name}0)")
        else:
            continue
        names.add(f"#{name}")
    if change.expires_at is not None:
        values[":expires"] = change.expires_at
        sets.append("expires_at = :expires")
    return sets, names


def _condition(change: Change, values: dict[str, Any], names: set[str]) -> str:
    wanted = []
    for name in ("rule", "debt"):
        value = getattr(change, name)
        if value is not None:
            values[f":{name}_is"] = value
            names.add(f"#{name}")
            wanted.append(f"#{name} = :{name}_is")
    if change.least is not None:
        values[":least"] = change.least
        names.add("#left")
        enough = "#left >= :least"
        if change.or_debt:
            values[":owed"] = True
            names.add("#debt")
            enough = f"({enough} OR #debt = :owed)"
        wanted.append(enough)
    as_wanted = " AND ".join(wanted)
    if not change.allowed(None):  # it must be there: what it would begin as is not enough
        return " AND ".join(["attribute_exists(pk)", *wanted])
    return f"attribute_not_exists(pk) OR ({as_wanted})" if as_wanted else ""


def sums_of(values: Mapping[str, Any]) -> Sums:
    """Read the sums of a row."""
    return Sums(**{name: values.get(name, 0) for name in _SUMS})


def sum_change(tenant: str, key: SumKey, sums: Sums, call_id: str) -> dict[str, Any]:
    """Return the update of a row of sums, without the table."""
    added = {name: value for name, value in asdict(sums).items() if value}
    return {
        "Key": to_item(sums_key(tenant, key, call_id)),
        "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in added),
        "ExpressionAttributeValues": to_item({f":{name}": value for name, value in added.items()}),
    }


_SUMS = tuple(asdict(Sums()))
