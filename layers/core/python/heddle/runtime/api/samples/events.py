"""Examples of requests and answers about events that tenants put."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "put_events": {
        "request": {"events": [{"type": "OrderPaid", "source": "shop.orders", "data": {"order": "o-1", "total": 40}}]},
        "response": {"ids": ["5a1e0c7d-9a2b-4d3e-8f60-71b2c3d4e5f6"], "refused": 0},
    }
}
