import type { DoneStep } from '../../shared/shown-test';
import { say } from './say';

type Label =
  | 'addresses'
  | 'content'
  | 'for'
  | 'from'
  | 'message'
  | 'port'
  | 'proxy'
  | 'receipt'
  | 'server'
  | 'status'
  | 'to'
  | 'tls'
  | 'trust'
  | 'url';

/**
 * What a step found out, as labels and values. Values come from outside: they stay apart from the sentences, so that
 * nobody takes them for a part of these.
 */
export function factsOf(step: DoneStep): (readonly [string, string])[] {
  return values(step).flatMap(([label, value]) =>
    value === undefined || value === '' ? [] : [[say(`test.found.${label}`), value] as const],
  );
}

function values(step: DoneStep): (readonly [Label, string | undefined])[] {
  switch (step.step) {
    case 'settings': {
      const { from, to, url } = step.facts;
      return [
        ['from', from],
        ['to', to],
        ['url', url],
      ];
    }
    case 'dns':
      return [
        ['proxy', step.facts.proxy],
        ['addresses', step.facts.addresses?.join(', ')],
      ];
    case 'tcp':
      return [['port', String(step.facts.port)]];
    case 'tls': {
      const { version, cipher, names, trust } = step.facts;
      return [
        ['tls', version && `${version}, ${cipher}`],
        ['for', names?.join(', ')],
        ['trust', trust && say(`test.trust.${trust}`)],
      ];
    }
    case 'http':
      return [
        ['status', step.facts.status?.toString()],
        ['server', step.facts.server],
      ];
    case 'message': {
      const { messageId, receipt } = step.facts;
      const matches = receipt?.micMatches;
      return [
        ['message', messageId],
        ['receipt', receipt?.disposition],
        [
          'content',
          matches === undefined ? undefined : say(matches ? 'test.content.confirmed' : 'test.content.other'),
        ],
      ];
    }
  }
}
