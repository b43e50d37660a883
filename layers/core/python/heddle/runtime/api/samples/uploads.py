"""Examples of requests and answers about uploads."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "create_upload": {
        "request": {"filename": "report.pdf", "media_type": "application/pdf", "bytes": 48213},
        "response": {
            "object": "demo/uploads/3f9c/report.pdf",
            "method": "PUT",
            "url": "https://bucket.s3.amazonaws.com/demo/uploads/3f9c/report.pdf?X-Amz-Signature=…",
            "headers": {"Content-Type": "application/pdf"},
            "expires_at": "2026-01-31T09:15:00+00:00",
        },
    },
}
