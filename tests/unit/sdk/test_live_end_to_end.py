"""From a model's pieces to the reader's text: token stream, topic, API and client, over connections that break."""

from collections.abc import Iterator

import httpx

from heddle.application.streams.token_stream import TokenStream
from heddle.domain.nodes.spec import NodeTask
from heddle.testing.api import ApiStage
from heddle_sdk import Client
from heddle_sdk.live import LiveText

ANSWER = [f"word{number} " for number in range(200)]


def test_a_reader_gets_every_word_once_however_often_it_is_cut_off() -> None:
    stage = ApiStage()
    ada = stage.user("ada", tenant="acme", roles=("editor",))
    document = {"name": "Talk", "nodes": [{"id": "ask", "type": "approval", "config": {"message": "?"}}]}
    workflow_id = ada.post("/workflows", document).json["id"]
    clock = iter(float(second) for second in range(100_000))

    def writing(run_id: str) -> Iterator[None]:
        """Write a few pieces at each step; the first attempt breaks off in the middle."""
        task = NodeTask("acme", run_id, "write", 1, "llm", {}, 60.0, "key", "corr", live=True)
        stream = TokenStream(stage.ports.topics, task, now=stage.now, monotonic=lambda: next(clock))
        for part in (ANSWER[:90], None, ANSWER):
            if part is None:
                stream.restart()
                continue
            for number, piece in enumerate(part):
                stream.text(piece)
                if number % 20 == 0:
                    yield
        stream.done({"output_tokens": 200})
        ada.post(f"/runs/{run_id}/cancel")
        history = ada.get(f"/runs/{run_id}/events").json
        assert history["items"][-1]["type"] == "RunCancelled"
        end = ("run.cancelled", {"version": history["items"][-1]["version"]})
        stage.ports.topics.append("acme", f"run:{run_id}", [end], at=stage.now().isoformat())

    requests = 0
    work: Iterator[None] = iter(())

    def send(request: httpx.Request) -> httpx.Response:
        nonlocal requests
        if request.url.path.endswith("/stream"):
            requests += 1
            next(work, None)
            if requests % 3 == 0:
                raise httpx.ReadError("the connection broke")
        path, body = request.url.raw_path.decode(), request.content.decode() or None
        headers = {**dict(request.headers), **ada.headers}
        answer = stage.send(request.method, path, headers=headers, body=body)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body.encode())

    client = Client("http://heddle", token="t", http=httpx.Client(transport=httpx.MockTransport(send)))
    client._transport.sleep = lambda seconds: None
    run = client.runs.start(workflow_id, live=True)
    work = writing(run.id)
    seen: list[int] = []
    live = LiveText()
    for frame in run.stream():
        seen.append(frame.seq)
        live.apply(frame)

    assert seen == list(range(1, len(seen) + 1))
    assert live.newest is not None
    assert live.newest.text == "".join(ANSWER)
    assert live.newest.status == "done"
    assert requests > 10
