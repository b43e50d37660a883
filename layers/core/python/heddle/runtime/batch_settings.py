"""Where batches are, as a function's environment says."""

from dataclasses import dataclass

from heddle.runtime.stores import StoreSettings


@dataclass(frozen=True, kw_only=True)
class BatchSettings(StoreSettings):
    """BATCHES_TABLE, and the queue of each operation's workers."""

    batches_table: str
    analyze_batch_queue_url: str
    ingest_batch_queue_url: str
