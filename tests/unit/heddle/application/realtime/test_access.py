"""Which scopes a key needs to follow what."""

import pytest

from heddle.application.identity.principal import Principal
from heddle.application.realtime.access import TopicAccess
from heddle.errors import Forbidden, NotFound

ACCESS = TopicAccess(lambda tenant, run: run == "r1", lambda tenant, batch: (tenant, batch) == ("acme", "b1"))


def key(*scopes: str) -> Principal:
    return Principal("acme", "key:1", ("viewer",), scopes)


@pytest.mark.parametrize("scope", ["*", "documents:read", "documents:write"])
def test_batches_are_followed_with_what_reads_documents(scope: str) -> None:
    ACCESS.may_read(key(scope), "batch:b1")
    ACCESS.may_read(key(scope), "batch:*")
    with pytest.raises(NotFound) as caught:
        ACCESS.may_read(key(scope), "batch:b2")
    assert caught.value.code == "batch_not_found"


@pytest.mark.parametrize("topic", ["batch:b1", "batch:*"])
def test_a_key_for_something_else_does_not_follow_batches(topic: str) -> None:
    with pytest.raises(Forbidden) as caught:
        ACCESS.may_read(key("runs:read"), topic)
    assert caught.value.code == "scope_missing"
