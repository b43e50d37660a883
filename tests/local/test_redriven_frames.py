"""Frames that were put aside go back to the mailbox of their connection on the real stage, in their order."""

import hashlib
import json

from websockets.sync.client import connect

from tests.local.backstage import Backstage
from tests.local.conftest import Cli, wait_until

FRAMES = 3


def test_put_aside_frames_of_an_open_connection_are_handled_in_order_and_those_of_a_closed_one_reach_nobody(
    heddle: Cli, stage: dict[str, str], backstage: Backstage, word: str
) -> None:
    sqs, letters = backstage.client("sqs"), backstage.outputs["MailboxDeadLettersUrl"]
    before = backstage.letters(letters)

    def put_aside(connection: str, number: int) -> None:
        data = {"topic": f"room-{word}", "payload": {"number": number}}
        body = {"group": connection, "do": "frame", "type": "Broadcast", "data": data, "id": f"{word}-{number}"}
        sqs.send_message(
            QueueUrl=letters,
            MessageBody=json.dumps(body),
            MessageGroupId=hashlib.sha256(connection.encode()).hexdigest(),
            MessageDeduplicationId=f"{word}-{connection}-{number}"[-120:],
        )

    with connect(stage["ws_url"], additional_headers={"X-Api-Key": stage["api_key"]}) as socket:
        connection = json.loads(socket.recv(timeout=20))["data"]["connection_id"]
        for number in range(FRAMES):
            put_aside(connection, number)
        put_aside(f"closed-{word}", FRAMES)
        counts = heddle.json("redrive", "mailbox")["mailbox"]
        answers = [json.loads(socket.recv(timeout=30)) for _ in range(FRAMES)]

    assert counts["letters"] == before + FRAMES + 1
    assert [answer["type"] for answer in answers] == ["Ack"] * FRAMES
    assert [answer["data"]["seq"] for answer in answers] == [1, 2, 3]
    wait_until(lambda: backstage.letters(backstage.outputs["MailboxUrl"]) == 0, 30, "the mailbox is empty")
    assert backstage.letters(letters) == 0
