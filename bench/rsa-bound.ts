/**
 * How many messages a second the private RSA operations alone would allow: two processes, as many as there are
 * stations, do nothing but sign, decrypt and sign.
 */
import { type ChildProcess, fork } from 'node:child_process';
import {
  constants,
  createPrivateKey,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  sign,
} from 'node:crypto';
import { once } from 'node:events';
import type { KeyPair } from '../src/pki';

const PROCESSES = 2;
const MEASURED_MS = 2_000;

/** @returns triples a second */
export async function rsaBound({ privateKey }: KeyPair): Promise<number> {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const children = Array.from({ length: PROCESSES }, () => fork(__filename));
  const rates = await Promise.all(children.map((child) => rateOf(child, pem)));
  return rates.reduce((sum, rate) => sum + rate, 0);
}

async function rateOf(child: ChildProcess, privateKeyPem: string): Promise<number> {
  child.send(privateKeyPem);
  const ended = once(child, 'exit').then(() => {
    throw new Error('the measuring process ended early');
  });
  const [rate] = (await Promise.race([once(child, 'message'), ended])) as [number];
  return rate;
}

function measure(privateKeyPem: string): number {
  const key = createPrivateKey(privateKeyPem);
  const digest = Buffer.alloc(64, 'bound');
  const padding = constants.RSA_PKCS1_PADDING;
  const contentKey = publicEncrypt({ key: createPublicKey(key), padding }, Buffer.alloc(32, 1));
  const started = performance.now();
  let triples = 0;
  for (; performance.now() - started < MEASURED_MS; triples++) {
    sign('sha256', digest, key);
    privateDecrypt({ key, padding }, contentKey);
    sign('sha256', digest, key);
  }
  return (triples * 1000) / (performance.now() - started);
}

if (require.main === module) {
  process.once('message', (privateKeyPem: string) => {
    process.send?.(measure(privateKeyPem));
    process.disconnect();
  });
}
