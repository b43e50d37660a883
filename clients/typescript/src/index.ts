export { connect, Realtime, type Options, type State } from "./realtime.ts";
export { ConnectionFailed, RealtimeError, SocketError } from "./errors.ts";
export type { Message } from "./message.ts";
export type { Credential, Open, WebSocketLike } from "./socket.ts";
export type { Subscription } from "./subscription.ts";
export type * from "./frames.ts";
