import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Behaviour } from './behaviour';
import { changedFields } from './fields';
import { transmit, wireBytes, type WireField } from './wire';

/** What would be answered if nothing went wrong. */
export interface Answer {
  readonly status: number;
  readonly fields: readonly WireField[];
  readonly body: Buffer;
}

/** Answers a request whose body was read, as the partner was told to. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  behaviour: Behaviour,
  answer: Answer,
): Promise<void> {
  const { socket } = request;
  if (behaviour.breaks === 'after-body') socket.resetAndDestroy();
  if (behaviour.silent || socket.destroyed) return;
  for (const status of behaviour.interim ?? []) {
    if (status === 100) response.writeContinue();
    else response.writeProcessing();
  }
  const { status = answer.status } = behaviour;
  const fields = changedFields(answer.fields, behaviour.headers);
  const body = behaviour.body === undefined ? answer.body : Buffer.from(behaviour.body);
  if (behaviour.wire || behaviour.breaks) {
    const wire = wireBytes(
      `HTTP/1.1 ${status} Scripted`,
      [...fields, ['Connection', 'close']],
      body,
      behaviour.wire,
    );
    const sent = behaviour.breaks ? wire.body.subarray(0, wire.body.length >> 1) : wire.body;
    await transmit(socket, Buffer.concat([wire.head, sent]), behaviour.wire?.slow);
    socket.end();
    return;
  }
  const length: WireField[] = status === 204 ? [] : [['Content-Length', String(body.length)]];
  response.writeHead(status, [...fields, ...length].flat()).end(body);
}
