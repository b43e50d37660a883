"""The reasons for which items and batches fail, for docs/reference/errors.md: what each means and what helps.

Most items fail for a reason of their operation: those of reading a document and of fetching it are the ones of nodes.
Tests hold this table to the code.
"""

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class BatchCode:
    """What a reason means, and what somebody can do."""

    meaning: str
    remedy: str


BATCH_CODES: dict[str, BatchCode] = {
    "batch_empty": BatchCode("Nothing lies in the folder", "Upload with `folder`, and name that as `prefix`."),
    "batch_too_large": BatchCode("The folder has more than 10,000 files", "Hand in folders below it."),
    "batch_not_listed": BatchCode("Its items could not be listed: an outage, or a bug", "Hand it in again."),
    "batch_item_abandoned": BatchCode("Its worker died each time: too much memory, or a bug", "Hand it in alone."),
    "batch_item_timeout": BatchCode("It took longer than `timeout_seconds`", "Allow it more, or split it."),
}
