/** Every frame of the protocol: `{type, data, id?, timestamp?, metadata?}`. An answer carries the `id` of its question. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

interface Envelope<Type extends string, Data> {
  type: Type;
  data: Data;
  id?: string;
  /** ISO 8601, UTC. */
  timestamp?: string;
  /** On what a topic brought: its place in the topic's log. */
  metadata?: { topic?: string; seq?: number };
}

interface Sent {
  sent_at: string;
  message_id: string;
  seq?: number;
}

// ── what a client sends ─────────────────────────────────────────────────────────────────────────────────────────────

export type PresenceStatus = "Online" | "Away" | "Busy" | "Offline";

export interface PresenceUpdate {
  status?: PresenceStatus;
  message?: string;
  away_message?: string;
  timezone?: string;
  auto_away?: boolean;
  device?: { device_type?: string; platform?: string; app_version?: string; name?: string };
}

export type ClientFrame =
  | Envelope<"Ping" | "Pong", { timestamp: Json }>
  | Envelope<"Authenticate", { token: string }>
  | Envelope<"Subscribe", { topics: string[]; after?: number | Record<string, number> }>
  | Envelope<"Unsubscribe", { topics: string[] }>
  | Envelope<"Broadcast", { topic: string; payload: Json; headers?: Record<string, string>; routing_key?: string }>
  | Envelope<"DirectMessage", { target_user: string; payload: Json; headers?: Record<string, string> }>
  | Envelope<"Ack", { message_id?: string; seq?: number; status?: "delivered" | "read" }>
  | Envelope<"UpdatePresence", PresenceUpdate>
  | Envelope<"TypingStart" | "TypingEnd", { conversation_id: string }>;

// ── what a client is sent ───────────────────────────────────────────────────────────────────────────────────────────

export interface Connected {
  status: "connected";
  connection_id: string;
  server_time: string;
  protocol_version: string;
  features: string[];
  user: string;
  session_id: string;
  resumed: boolean;
  /** Good for one more connection, within ten minutes of this one's end. */
  resume_token: string;
  subscriptions: string[];
  /** Seconds since 1970. */
  closes_at: number;
}

export type Status =
  | Connected
  | { status: "subscribed" | "unsubscribed"; topics: string[]; active_subscriptions: number }
  | { status: "closing"; reason: "time_limit" | "token_expired" | "silent"; resume_within: number }
  | { status: "presence_updated"; presence: Presence };

export interface Acknowledged {
  message_id: string;
  status: "delivered";
  /** Of a Broadcast: how many connections listen, and the number that the message has in its topic. */
  recipients?: number;
  seq?: number;
  /** Of a DirectMessage: the receiver's open connections. */
  delivered_to?: string[];
}

export interface Refused {
  /** 400, 401, 403, 404, 409, 413, 429, 500, 503. */
  code: number;
  message: string;
  details?: { error?: string; retry_after?: number; [name: string]: Json | undefined };
}

/** A message; an entry that is too large for a socket says where the API has it instead. */
export interface Broadcast {
  topic: string;
  payload: Json;
  metadata: Sent;
}

export interface TooLarge {
  too_large: true;
  bytes: number;
  read: string;
}

export interface DirectMessage {
  from_user: string;
  payload: Json;
  metadata: Sent;
}

export interface Notification {
  level: "info" | "success" | "warning" | "error";
  title: string;
  message: string;
  actions?: { label: string; url: string }[];
  metadata?: Sent;
}

export interface Presence {
  user_id: string;
  status: PresenceStatus;
  last_seen?: string | null;
  metadata?: { [name: string]: Json };
}

export interface Typing {
  conversation_id: string;
  user_id: string;
  typing: boolean;
  expires_at: string;
}

export interface Delivery {
  message_id: string;
  message_ids?: string[];
  status: "delivered" | "read";
  by: string;
}

/** Frames that topics bring: each has `metadata: {topic, seq}`. */
export type TopicFrame =
  | Envelope<"Broadcast", Broadcast | TooLarge>
  | Envelope<"DirectMessage", DirectMessage | TooLarge>
  | Envelope<"Notification", Notification>
  | Envelope<"Presence", Presence>
  | Envelope<"TypingIndicator", Typing>
  | Envelope<"DeliveryConfirmation", Delivery>
  | Envelope<"SystemMessage", { [name: string]: Json }>;

export type ServerFrame =
  | TopicFrame
  | Envelope<"Status", Status>
  | Envelope<"Pong", { timestamp: Json }>
  | Envelope<"Ack", Acknowledged>
  | Envelope<"Error", Refused>
  | Envelope<"AuthStatus", { status: string; expires_at?: number | string; refresh_required?: boolean }>;
