import { ConnectionFailed } from "./errors.ts";

/** The part of a WebSocket that is used: the one of browsers, of Node from version 22 on, and of the package `ws`. */
export interface WebSocketLike {
  readyState: number;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type Open = (url: string, protocols: string[], headers: Record<string, string>) => WebSocketLike;

/** A token or a function that gets one, each time it is needed; or, outside browsers, an API key. */
export type Credential =
  | { token: string | (() => string | Promise<string>); apiKey?: never }
  | { apiKey: string; token?: never };

export const OPEN = 1;

/** Open a connection of the platform's own WebSocket. Only outside browsers it can send headers. */
export function openWebSocket(url: string, protocols: string[], headers: Record<string, string>): WebSocketLike {
  if (typeof globalThis.WebSocket !== "function") {
    throw new ConnectionFailed("cannot_connect", "there is no WebSocket here: give `open`, for example with package ws");
  }
  const Constructor = globalThis.WebSocket as new (url: string, options: unknown) => WebSocketLike;
  return new Constructor(url, Object.keys(headers).length > 0 ? { protocols, headers } : protocols);
}

/** Return sub-protocols and headers. The token goes where browsers can put it and where no access log has it. */
export async function credentials(who: Credential): Promise<{ protocols: string[]; headers: Record<string, string> }> {
  if (who.apiKey !== undefined) return { protocols: [], headers: { "x-api-key": who.apiKey } };
  return { protocols: [`access_token.${await tokenOf(who)}`], headers: {} };
}

/** Return the token of a credential that has one. */
export async function tokenOf(who: { token: string | (() => string | Promise<string>) }): Promise<string> {
  return typeof who.token === "function" ? await who.token() : who.token;
}
