/** Against the real use cases: HEDDLE_WS is the address of tests/support/realtime_server.py. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, ConnectionFailed, SocketError, type Message, type Subscription } from "../src/index.ts";

const url = process.env["HEDDLE_WS"] ?? "";
const ada = { token: "acme.ada.editor" };

async function some(subscription: Subscription, count: number): Promise<Message[]> {
  const found: Message[] = [];
  while (found.length < count) found.push((await subscription.next()) as Message);
  return found;
}

test("what is published is heard, by its topic and by a pattern", async () => {
  const live = await connect(url, ada);
  const exact = await live.subscribe("ts.news.eu");
  const below = await live.subscribe("ts.news.*");

  const ack = await live.publish("ts.news.eu", { n: 1 });

  assert.deepEqual([ack.seq, ack.recipients], [1, 2]); // two subscriptions have it, though it comes once
  assert.deepEqual((await some(exact, 1))[0]?.payload, { n: 1 });
  assert.equal((await some(below, 1))[0]?.topic, "ts.news.eu");
  assert.equal(live.status?.user, "ada");
  live.close();
});

test("the log behind a number comes first", async () => {
  const live = await connect(url, ada);
  for (const n of [1, 2, 3, 4]) await live.publish("ts.log", n);

  const log = await live.subscribe("ts.log", { after: 2 });
  await live.publish("ts.log", 5);

  assert.deepEqual((await some(log, 3)).map((each) => each.payload), [3, 4, 5]);
  live.close();
});

test("leaving the loop unsubscribes", async () => {
  const live = await connect(url, ada);
  const once = await live.subscribe("ts.once");
  await live.publish("ts.once", 1);

  for await (const message of once) {
    assert.equal(message.payload, 1);
    break;
  }

  assert.equal((await live.publish("ts.once", 2)).recipients, 0);
  live.close();
});

test("what is refused says its code", async () => {
  const live = await connect(url, ada);

  await assert.rejects(live.subscribe("run:nothing"), (error: unknown) => {
    return error instanceof SocketError && error.number === 404 && error.code === "run_not_found";
  });
  await assert.rejects(live.subscribe("*.paid"), { code: "invalid_topic" });
  live.close();
});

test("a connection that breaks is made again, and nothing is missed or doubled", async () => {
  const sockets: WebSocket[] = [];
  const open = (address: string, protocols: string[]): WebSocket => {
    const socket = new WebSocket(address, protocols);
    sockets.push(socket);
    return socket;
  };
  const listener = await connect(url, { ...ada, open, firstPauseMs: 5 });
  const sender = await connect(url, { token: () => "acme.bob.editor" });
  const heard = await listener.subscribe("ts.cut", { after: 0 });

  for (let n = 1; n <= 60; n += 1) {
    await sender.publish("ts.cut", n);
    if (n % 9 === 0) sockets.at(-1)?.close();
  }

  assert.deepEqual((await some(heard, 60)).map((each) => each.payload), Array.from({ length: 60 }, (_, n) => n + 1));
  assert.ok(sockets.length > 3);
  assert.equal(listener.status?.resumed, true);
  listener.close();
  sender.close();
});

test("a credential that does not hold is given up, and nothing is left that keeps the process alive", async () => {
  const states: string[] = [];
  const wrong = { token: "nobody", attempts: 2, firstPauseMs: 5, onState: (state: string) => void states.push(state) };

  await assert.rejects(connect(url, wrong), (error: unknown) => {
    return error instanceof ConnectionFailed && error.code === "cannot_connect";
  });
  assert.deepEqual(states, ["connecting", "closed"]);
});

test("who waits for a message hears that the connection was closed", async () => {
  const live = await connect(url, ada);
  const quiet = await live.subscribe("ts.quiet");
  const next = quiet.next();

  live.close();

  assert.equal(await next, undefined);
  await assert.rejects(live.publish("ts.quiet", 1), { code: "closed" });
});
