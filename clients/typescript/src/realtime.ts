import { ConnectionFailed, SocketError } from "./errors.ts";
import type { Acknowledged, ClientFrame, Connected, Json, PresenceUpdate, ServerFrame } from "./frames.ts";
import { brings, messageOf, type Message } from "./message.ts";
import { Order } from "./order.ts";
import { credentials, OPEN, openWebSocket, tokenOf, type Credential, type Open, type WebSocketLike } from "./socket.ts";
import { Subscription } from "./subscription.ts";

export type State = "connecting" | "open" | "closed";

export type Options = Credential & {
  /** Tries to connect before it is given up; 5. */
  attempts?: number;
  /** Before the second try, doubled for each further one up to the longest; 1 and 30 seconds. */
  firstPauseMs?: number;
  longestPauseMs?: number;
  /** 30 seconds. A connection that is silent for two and a half of them is made anew. */
  heartbeatMs?: number;
  /** How long an answer is waited for; 30 seconds. */
  answerMs?: number;
  onState?: (state: State) => void;
  open?: Open;
};

interface Question {
  frame: ClientFrame & { id: string };
  sent: boolean;
  /** It may be sent twice: subscribing is the same, publishing is not. */
  repeatable: boolean;
  resolve: (data: unknown) => void;
  reject: (error: Error) => void;
}

/** Connect; ConnectionFailed if that cannot be done. */
export async function connect(url: string, options: Options): Promise<Realtime> {
  const live = new Realtime(url, options);
  await live.ready();
  return live;
}

/**
 * A connection to the service, which is made again when it breaks: its session is resumed and every topic goes on behind
 * the last message that was given out. None is missed and none comes twice.
 */
export class Realtime {
  /** Direct messages and notifications to the own user; those that were not acknowledged come first. */
  readonly inbox: Subscription;
  private readonly url: string;
  private readonly options: Options;
  private readonly subscriptions = new Set<Subscription>();
  private readonly orders = new Map<string, Order>();
  private readonly questions = new Map<string, Question>();
  private socket: WebSocketLike | undefined;
  private welcome: Connected | undefined;
  private connecting: Promise<void> | undefined;
  private failure: ConnectionFailed | undefined;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private heard = 0;
  private count = 0;

  constructor(url: string, options: Options) {
    this.url = url;
    this.options = options;
    this.inbox = new Subscription(["user:*"], async () => undefined);
    this.connecting = this.connect();
    this.connecting.catch(() => undefined);
  }

  /** What the service said when it connected: `user`, `connection_id`, `session_id`, `closes_at`, … */
  get status(): Connected | undefined {
    return this.welcome;
  }

  /** Wait until there is a connection. */
  async ready(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    await this.connecting;
  }

  /** Listen to topics or patterns; with `after`, what the logs have behind that number comes first. */
  async subscribe(topics: string | readonly string[], { after }: { after?: number } = {}): Promise<Subscription> {
    const names = typeof topics === "string" ? [topics] : [...topics];
    const subscription: Subscription = new Subscription(names, () => this.leave(subscription));
    for (const name of names) {
      if (this.listeners(name).length === 0) this.orders.delete(name);
      if (after !== undefined && !name.endsWith("*")) this.order(name).startAfter(after);
    }
    this.subscriptions.add(subscription);
    try {
      await this.ask("Subscribe", { topics: names, ...(after === undefined ? {} : { after }) }, true);
    } catch (error) {
      this.subscriptions.delete(subscription);
      throw error;
    }
    return subscription;
  }

  /** Send to everybody who listens to a topic. A lost connection rejects: the message may have arrived, or not. */
  async publish(topic: string, payload: Json): Promise<Acknowledged> {
    return (await this.ask("Broadcast", { topic, payload })) as Acknowledged;
  }

  /** Send to one user. Who is offline gets it when they connect: `{queued: true}`. */
  async direct(user: string, payload: Json): Promise<Acknowledged | { message_id: string; queued: true }> {
    try {
      return (await this.ask("DirectMessage", { target_user: user, payload })) as Acknowledged;
    } catch (error) {
      const details = error instanceof SocketError ? error.details : {};
      if (details["queued"] === true) return { message_id: String(details["message_id"]), queued: true };
      throw error;
    }
  }

  /** Say that the inbox was received, or read, up to this message; what was not comes again. */
  async acknowledge(message: Message, status: "delivered" | "read" = "read"): Promise<void> {
    await this.ready();
    this.write({ type: "Ack", data: { seq: message.seq, status } });
  }

  /** Say whether one is there, and more; `{status: "Busy", message: "In a call"}`. */
  async presence(update: PresenceUpdate): Promise<void> {
    await this.ask("UpdatePresence", update, true);
  }

  /** Say that one is typing, which counts for ten seconds, or no longer is. */
  async typing(conversation: string, on = true): Promise<void> {
    await this.ready();
    this.write({ type: on ? "TypingStart" : "TypingEnd", data: { conversation_id: conversation } });
  }

  /** Close for good; what waits in subscriptions can still be read. */
  close(): void {
    this.end(new ConnectionFailed("closed", "the connection was closed by its owner"));
  }

  // ── questions and answers ─────────────────────────────────────────────────────────────────────────────────────────

  private ask(type: ClientFrame["type"], data: unknown, repeatable = false): Promise<unknown> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = this.newId();
    const limit = this.options.answerMs ?? 30_000;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.questions.delete(id);
        reject(new ConnectionFailed("no_answer", `${type} was not answered within ${limit / 1000} seconds`));
      }, limit);
      const settled = (then: () => void): void => {
        clearTimeout(timer);
        this.questions.delete(id);
        then();
      };
      const question: Question = {
        frame: { type, data, id } as Question["frame"],
        sent: false,
        repeatable,
        resolve: (answer) => settled(() => resolve(answer)),
        reject: (error) => settled(() => reject(error)),
      };
      this.questions.set(id, question);
      if (this.connecting === undefined) question.sent = this.write(question.frame);
    });
  }

  private newId(): string {
    this.count += 1;
    return `c${this.count}`;
  }

  /** Send, if there is a connection. */
  private write(frame: ClientFrame): boolean {
    if (this.socket === undefined || this.socket.readyState !== OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private take(frame: ServerFrame): void {
    this.heard = Date.now();
    const message = messageOf(frame);
    if (message !== undefined) return this.deliver(message);
    for (const order of this.orders.values()) order.answered(frame.id);
    if (frame.type === "Status" && frame.data.status === "closing") return this.socket?.close();
    if (frame.type === "AuthStatus") return void this.renewToken();
    const question = frame.id === undefined ? undefined : this.questions.get(frame.id);
    if (frame.type === "Error") question?.reject(new SocketError(frame.data));
    else question?.resolve(frame.data);
  }

  private async renewToken(): Promise<void> {
    const who = this.options;
    if (who.apiKey === undefined && typeof who.token === "function") {
      this.write({ type: "Authenticate", data: { token: await tokenOf(who) } });
    }
  }

  // ── topics ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private deliver(message: Message): void {
    const own = message.topic === `user:${this.welcome?.user}`;
    const listeners = this.listeners(message.topic);
    const exact = listeners.some((each) => each.topics.includes(message.topic));
    const verdict = this.order(message.topic).next(message, exact || own);
    if (verdict === "ask") this.replay(message.topic);
    if (verdict !== "give") return;
    for (const each of own ? [this.inbox, ...listeners] : listeners) each.push(message);
  }

  private replay(topic: string): void {
    const order = this.order(topic);
    const id = this.newId();
    order.ask(id);
    this.write({ type: "Subscribe", data: { topics: [topic], ...(order.seq === undefined ? {} : { after: order.seq }) }, id });
  }

  private listeners(topic: string): Subscription[] {
    return [...this.subscriptions].filter((each) => each.topics.some((name) => brings(name, topic)));
  }

  private order(topic: string): Order {
    let order = this.orders.get(topic);
    if (order === undefined) this.orders.set(topic, (order = new Order()));
    return order;
  }

  private async leave(subscription: Subscription): Promise<void> {
    this.subscriptions.delete(subscription);
    const others = new Set([...this.subscriptions].flatMap((each) => each.topics));
    const topics = subscription.topics.filter((name) => !others.has(name));
    if (topics.length > 0 && this.failure === undefined) await this.ask("Unsubscribe", { topics }, true);
  }

  // ── the connection ────────────────────────────────────────────────────────────────────────────────────────────────

  private async connect(): Promise<void> {
    this.options.onState?.("connecting");
    const { attempts = 5, firstPauseMs = 1_000, longestPauseMs = 30_000 } = this.options;
    let reason = "nobody answered";
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) {
        const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
        await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
      }
      if (this.failure !== undefined) throw this.failure;
      const resumed = this.welcome?.resume_token;
      try {
        await this.open(resumed);
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        // Why an upgrade was refused cannot be seen from here. A token works once: the next try is a new session.
        if (resumed !== undefined && this.welcome !== undefined) this.welcome = { ...this.welcome, resume_token: "" };
      }
    }
    const failure = new ConnectionFailed("cannot_connect", `${this.url} cannot be connected to: ${reason}`);
    this.end(failure);
    throw failure;
  }

  private async open(resume: string | undefined): Promise<void> {
    const { protocols, headers } = await credentials(this.options);
    const url = resume ? `${this.url}?resume=${encodeURIComponent(resume)}` : this.url;
    const socket = (this.options.open ?? openWebSocket)(url, protocols, headers);
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => socket.close(), this.options.answerMs ?? 30_000);
      socket.onmessage = (event: { data: unknown }) => {
        const frame = JSON.parse(String(event.data)) as ServerFrame;
        if (frame.type !== "Status" || frame.data.status !== "connected") return;
        clearTimeout(late);
        socket.onmessage = (next: { data: unknown }) => this.take(JSON.parse(String(next.data)) as ServerFrame);
        socket.onclose = () => this.broke(socket);
        this.opened(socket, frame.data);
        resolve();
      };
      socket.onerror = () => undefined;
      socket.onclose = (event: { code?: number; reason?: string }) => {
        clearTimeout(late);
        reject(new Error(`the connection was closed or refused (${event.code ?? "no code"} ${event.reason ?? ""})`));
      };
    });
  }

  private opened(socket: WebSocketLike, welcome: Connected): void {
    if (this.failure !== undefined) return socket.close();
    this.socket = socket;
    this.welcome = welcome;
    this.connecting = undefined;
    this.heard = Date.now();
    const every = this.options.heartbeatMs ?? 30_000;
    this.heartbeat = setInterval(() => {
      if (Date.now() - this.heard > 2.5 * every) this.broke(socket);
      else this.write({ type: "Ping", data: { timestamp: Date.now() } });
    }, every);
    this.options.onState?.("open");
    const asked = [...this.questions.values()].filter((each) => each.frame.type === "Subscribe");
    const beingAsked = new Set(asked.flatMap((each) => (each.frame.data as { topics: string[] }).topics));
    for (const order of this.orders.values()) order.connected();
    for (const name of new Set([...this.subscriptions].flatMap((each) => each.topics))) {
      // Of what has no number to go on from, only the resumed session knows where it stood.
      const kept = welcome.resumed && welcome.subscriptions.includes(name) && this.orders.get(name)?.seq === undefined;
      if (!beingAsked.has(name) && !kept) this.replay(name);
    }
    for (const question of this.questions.values()) question.sent = this.write(question.frame);
  }

  private broke(socket: WebSocketLike): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    clearInterval(this.heartbeat);
    socket.close();
    for (const question of [...this.questions.values()].filter((each) => each.sent && !each.repeatable)) {
      question.reject(new ConnectionFailed("connection_lost", "the connection broke before the answer: it may have arrived"));
    }
    if (this.failure !== undefined) return;
    this.connecting = this.connect();
    this.connecting.catch(() => undefined);
  }

  private end(failure: ConnectionFailed): void {
    if (this.failure !== undefined) return;
    this.failure = failure;
    const { socket } = this;
    this.socket = undefined;
    clearInterval(this.heartbeat);
    socket?.close();
    const told = failure.code === "closed" ? undefined : failure;
    for (const each of [this.inbox, ...this.subscriptions]) each.end(told);
    for (const question of [...this.questions.values()]) question.reject(failure);
    this.options.onState?.("closed");
  }
}
