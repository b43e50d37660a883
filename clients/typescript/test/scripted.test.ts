/** What a service that is well never does: a socket that says what a test tells it to. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, type ClientFrame, type Open, type WebSocketLike } from "../src/index.ts";

class Scripted implements WebSocketLike {
  readyState = 1;
  onopen = null;
  onerror = null;
  onmessage: ((event: never) => unknown) | null = null;
  onclose: ((event: never) => unknown) | null = null;
  sent: ClientFrame[] = [];
  private readonly answers: (frame: ClientFrame, socket: Scripted) => void;

  constructor(answers: (frame: ClientFrame, socket: Scripted) => void) {
    this.answers = answers;
    const data = { status: "connected", user: "ada", resume_token: "s.1", resumed: false, subscriptions: [] };
    queueMicrotask(() => this.say({ type: "Status", data }));
  }

  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never);
  }

  bring(...numbers: number[]): void {
    for (const seq of numbers) {
      this.say({ type: "Broadcast", data: { topic: "t", payload: seq }, timestamp: "", metadata: { topic: "t", seq } });
    }
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    this.sent.push(frame);
    queueMicrotask(() => this.answers(frame, this));
  }

  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ code: 1006, reason: "" } as never));
  }
}

function scripted(answers: (frame: ClientFrame, socket: Scripted) => void): { sockets: Scripted[]; open: Open } {
  const sockets: Scripted[] = [];
  const open: Open = () => {
    const socket = new Scripted(answers);
    sockets.push(socket);
    return socket;
  };
  return { sockets, open };
}

const subscribed = (frame: ClientFrame): unknown => ({ type: "Status", data: { status: "subscribed" }, id: frame.id });

test("a gap is filled by a replay behind the last message", async () => {
  const { sockets, open } = scripted((frame, socket) => {
    socket.say(subscribed(frame));
    const after = frame.type === "Subscribe" ? frame.data.after : undefined;
    if (after === 2) socket.bring(3, 4, 5, 6);
  });
  const live = await connect("ws://scripted", { token: "x", open });
  const topic = await live.subscribe("t", { after: 0 });

  sockets[0]?.bring(1, 2, 2, 5, 6);
  const heard: unknown[] = [];
  while (heard.length < 6) heard.push((await topic.next())?.payload);

  assert.deepEqual(heard, [1, 2, 3, 4, 5, 6]);
  live.close();
});

test("what was published when the connection broke is not sent again, and its sender is told", async () => {
  const { sockets, open } = scripted((frame, socket) => {
    if (frame.type === "Broadcast") socket.close();
    else socket.say(subscribed(frame));
  });
  const live = await connect("ws://scripted", { token: "x", open });

  await assert.rejects(live.publish("t", 1), { code: "connection_lost" });
  await live.ready();

  assert.equal(sockets.length, 2);
  assert.deepEqual(sockets[1]?.sent, []);
  live.close();
});

test("a refusal by the rate limit says how long to wait", async () => {
  const { open } = scripted((frame, socket) => {
    const details = { error: "rate_limited", retry_after: 0.4 };
    socket.say({ type: "Error", data: { code: 429, message: "too fast", details }, id: frame.id });
  });
  const live = await connect("ws://scripted", { token: "x", open });

  await assert.rejects(live.publish("t", 1), { code: "rate_limited", number: 429, retryAfter: 0.4 });
  live.close();
});

test("a service that says it is closing is left at once, and the session resumed", async () => {
  const urls: string[] = [];
  const { sockets, open } = scripted((frame, socket) => socket.say(subscribed(frame)));
  const live = await connect("ws://scripted", {
    token: "x",
    open: (url, protocols, headers) => {
      urls.push(url);
      return open(url, protocols, headers);
    },
  });
  await live.subscribe("t", { after: 4 });

  sockets[0]?.say({ type: "Status", data: { status: "closing", reason: "time_limit", resume_within: 600 } });
  while (sockets[1]?.sent.length !== 1) await new Promise((resolve) => setImmediate(resolve));

  assert.deepEqual(urls, ["ws://scripted", "ws://scripted?resume=s.1"]);
  assert.deepEqual(sockets[1]?.sent[0]?.data, { topics: ["t"], after: 4 });
  live.close();
});

test("a connection that has gone silent is made anew", async () => {
  const { sockets, open } = scripted(() => undefined);
  const live = await connect("ws://scripted", { token: "x", open, heartbeatMs: 5 });

  while (sockets.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));

  assert.equal(sockets[0]?.sent[0]?.type, "Ping");
  live.close();
});

test("a question that nobody answers is given up", async () => {
  const { open } = scripted(() => undefined);
  const live = await connect("ws://scripted", { token: "x", open, answerMs: 5 });

  await assert.rejects(live.publish("t", 1), { code: "no_answer" });
  live.close();
});

test("a token that is about to end is renewed on the open connection", async () => {
  let tokens = 0;
  const { sockets, open } = scripted(() => undefined);
  const live = await connect("ws://scripted", { token: () => `token${(tokens += 1)}`, open });

  sockets[0]?.say({ type: "AuthStatus", data: { status: "token_expiring", refresh_required: true } });
  while (sockets[0]?.sent.length === 0) await new Promise((resolve) => setImmediate(resolve));

  assert.deepEqual(sockets[0]?.sent[0], { type: "Authenticate", data: { token: "token2" } });
  live.close();
});
