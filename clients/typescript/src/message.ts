import type { Json, ServerFrame, TopicFrame } from "./frames.ts";

/** What a topic brought; `payload` is what was sent, of a run's topic `{event, …}`. */
export interface Message {
  type: TopicFrame["type"];
  topic: string;
  /** Counts from 1 in each topic, without gaps. */
  seq: number;
  payload: Json | undefined;
  data: TopicFrame["data"];
  at: string;
}

/** Return the message of a frame, or nothing for an answer. */
export function messageOf(frame: ServerFrame): Message | undefined {
  const { topic, seq } = frame.metadata ?? {};
  if (topic === undefined || seq === undefined) return undefined;
  const { type, data, timestamp } = frame as TopicFrame;
  const payload = "payload" in data ? (data.payload as Json) : undefined;
  return { type, topic, seq, payload, data, at: timestamp ?? "" };
}

/** Tell whether a subscription's name, a topic or a pattern such as `orders.*`, brings what is in a topic. */
export function brings(name: string, topic: string): boolean {
  if (name === "*") return !/^(run|user|presence|typing)([.:]|$)/.test(topic);
  return name.endsWith("*") ? topic.startsWith(name.slice(0, -1)) : name === topic;
}
