import type { Message } from "./message.ts";

/** How often what is missing is asked for, before it counts as gone with the older end of the log. */
const REPLAYS = 2;
/** A log is kept for a day: one that was empty begins at 1 again, long after its last entry. */
const BEGUN_ANEW = 3_600_000;

/**
 * The order of one topic: which message is next, which came before, and when something between is missing.
 *
 *     7 ─► 8        give      the next one
 *     7 ─► 5        drop      it came before
 *     7 ─► 10       ask       8 and 9 are missing: subscribe again behind 7; what comes until then is dropped
 */
export class Order {
  private last: { seq: number; at: string } | undefined;
  private asked: string | undefined;
  private first = false;
  private missed = 0;

  /** The number of the last message that was given out. */
  get seq(): number | undefined {
    return this.last?.seq;
  }

  /** Go on behind this number. */
  startAfter(seq: number): void {
    this.last = { seq, at: "" };
  }

  /** Note that a replay is asked for by the frame of this id. */
  ask(id: string): void {
    this.asked = id;
  }

  /** Note an answer: the replay that it promises comes next. */
  answered(id: string | undefined): void {
    if (this.asked === undefined || this.asked !== id) return;
    this.asked = undefined;
    this.first = true;
  }

  /** Forget how often a replay was in vain: there is a new connection. */
  connected(): void {
    this.missed = 0;
  }

  /** Say what to do with a message; `exact` if the topic is subscribed to by name, so that a replay can be asked for. */
  next(message: Message, exact: boolean): "give" | "drop" | "ask" {
    const last = this.last;
    if (last !== undefined && message.seq <= last.seq && !begunAnew(last, message)) return "drop";
    if (last !== undefined && exact && message.seq > last.seq + 1) {
      if (this.asked !== undefined) return "drop";
      // What is already on its way may be out of order once; the first of a replay should not be.
      if (this.first) this.missed += 1;
      this.first = false;
      if (this.missed <= REPLAYS) return "ask";
    }
    this.first = false;
    this.missed = 0;
    this.last = { seq: message.seq, at: message.at };
    return "give";
  }
}

function begunAnew(last: { at: string }, message: Message): boolean {
  return Date.parse(message.at) - Date.parse(last.at) > BEGUN_ANEW;
}
