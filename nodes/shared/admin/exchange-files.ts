import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { As2Error } from '../../../src/errors';
import type { ByteSource } from '../../../src/bytes';
import type { ExchangeFile, ExchangeFolder } from '../../../src/store';
import { core } from '../core';
import { NEVER_CACHED } from './answer';

/** What can be downloaded of an exchange, as it stands in the address. */
export const FILES = ['request', 'payload', 'receipt'] as const;
export type FileName = (typeof FILES)[number];

const STORED: Readonly<Record<FileName, ExchangeFile>> = {
  request: 'request.raw',
  payload: 'payload',
  receipt: 'receipt',
};

type Folder = ExchangeFolder<object>;

export async function filesOf(folder: Folder): Promise<FileName[]> {
  const there = await Promise.all(FILES.map(async (name) => folder.has(STORED[name])));
  return FILES.filter((_name, index) => there[index]);
}

/**
 * Sends a file as something to be saved, never to be shown: it is the partner's.
 * @throws As2Error `exchange-file-missing`, before anything was sent
 */
export async function sendFile(folder: Folder, name: FileName, response: ServerResponse): Promise<void> {
  const { id } = folder.record;
  if (!(await folder.has(STORED[name]))) {
    throw new As2Error('exchange-file-missing', { exchange: id, file: name });
  }
  const content = await folder.source(STORED[name]);
  const head = name === 'request' ? await headerBlock(folder) : Buffer.alloc(0);
  response.writeHead(200, {
    ...NEVER_CACHED,
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': disposition(folder, name),
    'Content-Length': head.length + content.length,
    'Content-Security-Policy': 'sandbox',
  });
  response.write(head);
  await stream(content, response);
}

/**
 * The header fields in front of the body: so the file is the message that travelled, and OpenSSL reads it. Only a login
 * in the address for receipts stays here (SEC-13).
 */
async function headerBlock(folder: Folder): Promise<Buffer> {
  if (!(await folder.has('request-headers.json'))) return Buffer.alloc(0);
  const pairs = JSON.parse((await folder.read('request-headers.json')).toString()) as [string, string][];
  const lines = pairs.map(([name, value]) => {
    const isAddress = name.toLowerCase() === 'receipt-delivery-option';
    return `${name}: ${isAddress ? core.http.urlForLog(value) : value}\r\n`;
  });
  return Buffer.from(`${lines.join('')}\r\n`, 'latin1');
}

/** The name is the partner's, sanitised; the plain form is for clients that do not read the other one (RFC 6266). */
function disposition({ record }: Folder, name: FileName): string {
  const { filename, message } = record.facts as { filename?: unknown; message?: { filename?: unknown } };
  const own = filename ?? message?.filename;
  const plain = `${record.id}-${name}`;
  const wanted =
    name === 'payload' && typeof own === 'string' ? core.mime.safeFilename(own, plain) : `${plain}.eml`;
  const shown = name === 'payload' && typeof own !== 'string' ? plain : wanted;
  const encoded = encodeURIComponent(shown).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${shown.replace(/[^\w.-]/g, '_')}"; filename*=UTF-8''${encoded}`;
}

/** Not faster than it is taken; ends when the reader goes away. */
async function stream(content: ByteSource, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  // Nobody would say so a second time.
  if (response.destroyed) return;
  response.once('close', () => gone.abort());
  for await (const chunk of content.open()) {
    if (gone.signal.aborted) return;
    if (!response.write(chunk)) {
      await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
    }
  }
  response.end();
}
