import assert from "node:assert/strict";
import { test } from "node:test";

import { brings, type Message } from "../src/message.ts";
import { Order } from "../src/order.ts";

const message = (seq: number, at = "2026-01-01T12:00:00Z"): Message => {
  return { type: "Broadcast", topic: "t", seq, payload: seq, data: { topic: "t", payload: seq } as never, at };
};

test("what comes twice is given once", () => {
  const order = new Order();

  const verdicts = [1, 2, 2, 1, 3].map((seq) => order.next(message(seq), true));

  assert.deepEqual(verdicts, ["give", "give", "drop", "drop", "give"]);
});

test("what is missing is asked for, and what comes before the answer is not given", () => {
  const order = new Order();
  order.startAfter(7);

  assert.equal(order.next(message(10), true), "ask");
  order.ask("c1");
  assert.equal(order.next(message(11), true), "drop");
  order.answered("c1");
  assert.deepEqual([8, 9, 10].map((seq) => order.next(message(seq), true)), ["give", "give", "give"]);
});

test("what the log no longer has is not asked for again and again", () => {
  const order = new Order();
  order.startAfter(7);
  let asked = 0;

  for (; order.next(message(50), true) === "ask"; asked += 1) {
    order.ask(`c${asked}`);
    order.answered(`c${asked}`);
  }

  assert.ok(asked >= 2 && asked <= 4);
  assert.equal(order.seq, 50);
});

test("a log that was empty for a day begins at 1 again", () => {
  const order = new Order();
  order.next(message(41), true);

  assert.equal(order.next(message(1, "2026-01-02T13:00:00Z"), true), "give");
});

test("a pattern brings what is below it; a star brings what is the tenant's own", () => {
  assert.ok(brings("orders.*", "orders.eu.paid"));
  assert.ok(!brings("orders.*", "order.paid"));
  assert.ok(brings("*", "orders.paid"));
  assert.ok(!brings("*", "run:1"));
});
