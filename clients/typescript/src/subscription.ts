import type { Message } from "./message.ts";

/**
 * What some topics bring, for one reader:
 *
 *     for await (const message of await live.subscribe("orders.*")) { … }
 *
 * Messages wait here until they are read. Leaving the loop unsubscribes; a connection that is lost for good throws.
 */
export class Subscription implements AsyncIterable<Message> {
  readonly topics: readonly string[];
  private readonly waiting: Message[] = [];
  private readonly leave: () => Promise<void>;
  private wake: (() => void) | undefined;
  private ended = false;
  private error: Error | undefined;

  /** @internal */
  constructor(topics: readonly string[], leave: () => Promise<void>) {
    this.topics = topics;
    this.leave = leave;
  }

  /** Return the next message; nothing when the subscription was closed. */
  async next(): Promise<Message | undefined> {
    for (;;) {
      const message = this.waiting.shift();
      if (message !== undefined) return message;
      if (this.error !== undefined) throw this.error;
      if (this.ended) return undefined;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Stop listening; what waits can still be read. */
  async close(): Promise<void> {
    if (this.ended) return;
    this.end();
    await this.leave();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, void> {
    try {
      for (let message = await this.next(); message !== undefined; message = await this.next()) yield message;
    } finally {
      await this.close();
    }
  }

  /** @internal */
  push(message: Message): void {
    if (this.ended) return;
    this.waiting.push(message);
    this.wake?.();
  }

  /** @internal */
  end(error?: Error): void {
    this.ended = true;
    this.error = error;
    this.wake?.();
  }
}
