import type { ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { As2Error } from '../../../src/errors';
import type { Direction, ExchangeFolder, ListFilter } from '../../../src/store';
import { core } from '../core';
import { onRequest } from '../events';
import { type Action, ACTIONS, carryOut } from '../sending/actions';
import { choice, text, wholeNumber } from '../settings';
import { stateOf } from '../state';
import { type AdminRequest, answerError, answering } from './answer';
import { FILES, filesOf, type FileName, sendFile } from './exchange-files';
import { exchangeDetails, type ExchangeLine, exchangeLine } from './exchange-view';

type Query = Readonly<Record<string, unknown>>;

const MOST = 200;
/** There are fewer; each one is a question to the journal. */
const MOST_STATES = 30;
const USUAL = 50;

/**
 * The journal over Node-RED's admin API: what was exchanged, what happened to it and why; sending again and cancelling;
 * the bytes as evidence. Whoever may read sees names, subjects and states; files are for those who may write.
 */
export function registerExchangeRoutes(RED: NodeAPI): void {
  const read = RED.auth.needsPermission('as2.read');
  const write = RED.auth.needsPermission('as2.write');

  RED.httpAdmin.get(
    '/as2/exchanges',
    read,
    answering(RED, async ({ query }) => list(RED, query as Query)),
  );

  RED.httpAdmin.get(
    '/as2/exchanges/:id',
    read,
    answering(RED, async (request) => {
      const folder = await folderOf(RED, idIn(request));
      const spool = await stateOf(RED).exchanges.spool();
      const history = await spool.history(folder.record.id);
      return {
        ...exchangeLine(folder.record),
        ...exchangeDetails(folder.record),
        history: history.map(({ state, at, detail }) => ({
          state,
          at: new Date(at).toISOString(),
          ...(detail ? { detail } : {}),
        })),
        files: await filesOf(folder),
      };
    }),
  );

  for (const action of ACTIONS) {
    RED.httpAdmin.post(
      `/as2/exchanges/:id/${action}`,
      write,
      answering(RED, async (request) => act(RED, action, idIn(request))),
    );
  }

  for (const file of FILES) {
    // Receipts too: some products send the whole message back with theirs.
    RED.httpAdmin.get(`/as2/exchanges/:id/files/${file}`, write, download(RED, file));
  }
}

async function list(
  RED: NodeAPI,
  query: Query,
): Promise<{ readonly exchanges: ExchangeLine[]; readonly before?: string }> {
  const direction = text(query.direction, 'direction');
  const partner = text(query.partner, 'partner');
  const states = [...new Set(text(query.state, 'state').split(',').filter(Boolean))].slice(0, MOST_STATES);
  const before = text(query.before, 'before');
  const messageId = text(query.messageId, 'messageId');
  const limit = wholeNumber(query.limit, 'limit', USUAL, MOST);
  const filter: ListFilter = {
    ...(direction === ''
      ? {}
      : { direction: choice<Direction>(direction, 'direction', ['in', 'out'], 'in') }),
    ...(partner === '' ? {} : { partner: stateOf(RED).partners.as2NameOf(partner) ?? partner }),
    ...(states.length > 0 ? { states } : {}),
    ...(before === '' ? {} : { before }),
    ...(messageId === '' ? {} : { messageId: core.as2.normalizeMessageId(messageId) }),
    // One more, to know whether there is another page.
    limit: limit + 1,
  };
  const spool = await stateOf(RED).exchanges.spool();
  const records = await spool.list(filter);
  const page = records.slice(0, limit);
  const last = page.at(-1);
  return {
    exchanges: page.map(exchangeLine),
    ...(records.length > limit && last ? { before: last.id } : {}),
  };
}

async function act(RED: NodeAPI, action: Action, id: string): Promise<ExchangeLine> {
  const { exchanges } = stateOf(RED);
  const spool = await exchanges.spool();
  const { id: exchange } = (await folderOf(RED, id)).record;
  await carryOut(spool, await exchanges.outbox(), { action, exchange });
  return exchangeLine((await folderOf(RED, exchange)).record);
}

function download(RED: NodeAPI, file: FileName) {
  return onRequest<AdminRequest, ServerResponse>(RED, async (request, response) => {
    try {
      await sendFile(await folderOf(RED, idIn(request)), file, response);
    } catch (error) {
      if (response.headersSent) throw error;
      answerError(RED, response, error);
    }
  });
}

/** @throws As2Error `exchange-not-found` */
async function folderOf(RED: NodeAPI, id: string): Promise<ExchangeFolder<object>> {
  const spool = await stateOf(RED).exchanges.spool();
  const folder = await spool.get(id);
  if (!folder) throw new As2Error('exchange-not-found', { asked: id });
  return folder;
}

function idIn({ params }: AdminRequest): string {
  return 'id' in params && typeof params.id === 'string' ? params.id : '';
}
