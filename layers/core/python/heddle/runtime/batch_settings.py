"""Where batches are, as a function's environment says."""

from dataclasses import dataclass

from heddle.runtime.stores import StoreSettings
from heddle.runtime.webhooks import WebhookSettings


@dataclass(frozen=True, kw_only=True)
class BatchSettings(StoreSettings, WebhookSettings):
    """BATCHES_TABLE, the queue of each operation's workers, and that of webhooks, by which ends are told."""

    batches_table: str
    analyze_batch_queue_url: str
    ingest_batch_queue_url: str
