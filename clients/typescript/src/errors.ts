import type { Json, Refused } from "./frames.ts";

/**
 *     RealtimeError
 *       ├─ SocketError        the service refused a frame
 *       └─ ConnectionFailed   there is no connection, or it broke before the answer came
 */
export class RealtimeError extends Error {
  override name = "RealtimeError";
  /** Stays the same from version to version; the text does not. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The service refused a frame: `number` as of HTTP, `code` of its own, `retryAfter` in seconds if that helps. */
export class SocketError extends RealtimeError {
  override name = "SocketError";
  readonly number: number;
  readonly retryAfter: number | undefined;
  readonly details: { [name: string]: Json | undefined };

  constructor(refused: Refused) {
    super(refused.details?.error ?? "socket_error", refused.message);
    this.number = refused.code;
    this.retryAfter = refused.details?.retry_after;
    this.details = refused.details ?? {};
  }
}

/** `cannot_connect`, `connection_lost` (what was sent may have arrived), `no_answer`, `closed`. */
export class ConnectionFailed extends RealtimeError {
  override name = "ConnectionFailed";
}
