import { CounterField } from './counter-field.js';
import { LoadConnection, requestBytes } from './http-connection.js';
import type { Lane } from './measure.js';
import { messageJson } from './message.js';
import type { Endpoint } from './web-socket.js';

/** A lane over a keep-alive connection of its own. */
export interface HttpLane extends Lane {
  close(): void;
}

/** GETs one path over and over; anything but 200 is an error. */
export async function getLane(endpoint: Endpoint, path: string, token: string): Promise<HttpLane> {
  const connection = await LoadConnection.open(endpoint);
  const request = requestBytes(endpoint, { method: 'GET', path, token });
  return {
    begin: (done) => connection.request(request, 200, done),
    close: () => connection.close(),
  };
}

/** POSTs one body over and over; anything but `expected` is an error. */
export async function postLane(
  endpoint: Endpoint,
  path: string,
  json: string,
  expected: number,
  token?: string,
): Promise<HttpLane> {
  const connection = await LoadConnection.open(endpoint);
  const request = requestBytes(endpoint, { method: 'POST', path, json, ...(token === undefined ? {} : { token }) });
  return {
    begin: (done) => connection.request(request, expected, done),
    close: () => connection.close(),
  };
}

/** Sends messages to a chat, each with a client_message_id of its own. `lane` names the sender uniquely. */
export async function messageLane(endpoint: Endpoint, chatId: number, token: string, lane: string): Promise<HttpLane> {
  const connection = await LoadConnection.open(endpoint);
  const json = messageJson({ chat_id: chatId }, lane);
  const request = requestBytes(endpoint, { method: 'POST', path: '/api/v1/messages/', json, token });
  const counter = new CounterField(request);
  return {
    begin(done) {
      counter.advance();
      connection.request(request, 201, done);
    },
    close: () => connection.close(),
  };
}
