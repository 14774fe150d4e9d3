import type { ConnectionOptions } from 'node:tls';
import type { Node } from 'node-red';
import { As2Error } from '../../src/errors';
import type { ConnectionSettings, Credentials, ProxySettings, TlsSettings } from '../../src/http';
import { LEAST_TLS, PROXY, REDIRECTS } from './choices';
import { core } from './core';
import { choice, duration, flag, secret, text } from './settings';

export interface ConnectionDef {
  /** More addresses of the partner, with blanks or commas between them. */
  readonly urls?: string;
  /** Seconds. */
  readonly connectTimeout?: number | string;
  /** Seconds of silence. */
  readonly responseTimeout?: number | string;
  /** PEM of who issued the partner's TLS certificate, or of that certificate. */
  readonly ca?: string;
  readonly onlyOwnCa?: boolean | string;
  /** SHA-256 fingerprints, with blanks or commas between them. */
  readonly pins?: string;
  /** Id of a tls-config: our client certificate. */
  readonly tls?: string;
  readonly servername?: string;
  readonly leastTls?: string;
  readonly proxyUse?: string;
  /** Id of an http proxy. */
  readonly proxy?: string;
  readonly redirects?: string;
  readonly chunked?: boolean | string;
  /** User name and password only after the server has asked for them. */
  readonly loginWhenAsked?: boolean | string;
}

export interface ConnectionCredentials {
  user?: string;
  password?: string;
  token?: string;
  /** `Name: value`, one a line. */
  headers?: string;
  receiptUser?: string;
  receiptPassword?: string;
}

/** Config nodes of Node-RED that are referred to. */
export interface ConnectionNodes {
  readonly tls?: TlsConfigNode | undefined;
  readonly proxy?: HttpProxyNode | undefined;
}

export interface TlsConfigNode extends Node {
  readonly valid?: boolean;
  addTLSOptions?(options: ConnectionOptions): ConnectionOptions;
}

export interface HttpProxyNode extends Node<{ username?: string; password?: string }> {
  readonly url?: string;
  readonly noproxy?: readonly string[];
}

export interface ReadConnection {
  readonly connection: ConnectionSettings;
  readonly receiptConnection?: ConnectionSettings;
  readonly urls?: readonly string[];
}

/** RFC 6761 §6.4: a name for texts, never called. */
const UNKNOWN_ADDRESS = 'https://partner.invalid';

/**
 * @param url of the partner, empty when nothing is sent to it
 * @throws As2Error that tells which setting is wrong or missing
 */
export function readConnection(
  def: ConnectionDef,
  credentials: ConnectionCredentials = {},
  nodes: ConnectionNodes = {},
  url = '',
): ReadConnection {
  // What is wrong with the URL itself is told to who sends; receiving does not need it.
  const address = /^https?:/i.test(url) && URL.canParse(url) ? url : UNKNOWN_ADDRESS;
  const host = new URL(address).hostname;
  const headers = readHeaders(secret(credentials.headers, 'headers'));
  const login = readLogin(credentials, flag(def.loginWhenAsked, 'login only when asked', false));
  const tls = readTls(def, nodes, host);
  const proxy = readProxy(def, nodes, host);
  const connection: ConnectionSettings = {
    connectTimeoutMs: duration(def.connectTimeout, 'connection time-out', 30),
    responseTimeoutMs: duration(def.responseTimeout, 'response time-out', 300),
    redirects: choice(def.redirects, 'redirects', REDIRECTS, 'no'),
    chunked: flag(def.chunked, 'chunked', false),
    ...(login ? { credentials: login } : {}),
    ...(headers ? { headers } : {}),
    ...(tls ? { tls } : {}),
    ...(proxy === undefined ? {} : { proxy }),
  };
  const urls = list(text(def.urls, 'more URLs'));
  for (const one of urls) core.http.parseHttpUrl(one);
  core.http.checkConnection(address, connection);
  const receiptLogin = readReceiptLogin(credentials);
  return {
    connection,
    ...(urls.length === 0 ? {} : { urls }),
    ...(receiptLogin ? { receiptConnection: { ...connection, credentials: receiptLogin } } : {}),
  };
}

function readLogin(
  { user, password, token }: ConnectionCredentials,
  whenAsked: boolean,
): Credentials | undefined {
  const username = text(user, 'user');
  const bearer = text(token, 'token');
  if (username !== '' && bearer !== '') {
    const expected = 'a user name with its password, or a token, but not both';
    throw new As2Error('setting-invalid', { setting: 'login', value: username, expected });
  }
  if (bearer !== '') return { bearer };
  if (username === '') return undefined;
  const login = { username, password: secret(password, 'password') };
  // HTTP-14.
  return whenAsked ? { ...login, send: 'when-asked' } : login;
}

function readReceiptLogin({ receiptUser, receiptPassword }: ConnectionCredentials): Credentials | undefined {
  const username = text(receiptUser, 'user for receipts');
  return username === ''
    ? undefined
    : { username, password: secret(receiptPassword, 'password for receipts') };
}

function readHeaders(lines: string): Readonly<Record<string, string>> | undefined {
  const pairs = lines
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name, ...value] = line.split(':');
      if (name === undefined || value.length === 0) {
        // The line may be a secret: it is not repeated.
        const expected = 'a name, a colon and a value in each line';
        throw new As2Error('setting-invalid', { setting: 'headers', value: '…', expected });
      }
      return [name.trim(), value.join(':').trim()] as const;
    });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

function readTls(def: ConnectionDef, nodes: ConnectionNodes, host: string): TlsSettings | undefined {
  const ca = text(def.ca, 'trusted TLS certificate');
  const pins = list(text(def.pins, 'pinned fingerprints'));
  const servername = text(def.servername, 'server name');
  const options = text(def.tls, 'TLS configuration') === '' ? undefined : tlsOptions(nodes.tls, host);
  const settings: TlsSettings = {
    ...(ca === '' ? {} : { ca }),
    ...(flag(def.onlyOwnCa, 'trust only this certificate', false) ? { onlyOwnCa: true } : {}),
    ...(pins.length === 0 ? {} : { pins }),
    ...(servername === '' ? {} : { servername }),
    ...(choice(def.leastTls, 'TLS from', LEAST_TLS, '1.2') === '1.3' ? { minVersion: 'TLSv1.3' } : {}),
    ...(options ? { options } : {}),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

/** @throws As2Error `tls-options-unreadable`; that the check is not switched off is seen to by the core */
function tlsOptions(node: TlsConfigNode | undefined, host: string): ConnectionOptions {
  if (!node?.addTLSOptions || node.valid === false) {
    const reason = 'the TLS configuration that is chosen does not exist or is not in order';
    throw new As2Error('tls-options-unreadable', { host, reason });
  }
  return node.addTLSOptions({});
}

function readProxy(
  def: ConnectionDef,
  { proxy: node }: ConnectionNodes,
  host: string,
): ProxySettings | 'environment' | undefined {
  const use = choice(def.proxyUse, 'proxy', PROXY, '');
  if (use !== 'node') return use === '' ? undefined : use;
  const url = text(node?.url, 'proxy');
  if (url === '') throw new As2Error('proxy-url-invalid', { host, reason: 'no proxy is chosen' });
  const username = text(node?.credentials?.username, 'user of the proxy');
  return {
    url,
    ...(username === ''
      ? {}
      : { username, password: secret(node?.credentials?.password, 'password of the proxy') }),
    exceptions: node?.noproxy ?? [],
  };
}

function list(values: string): readonly string[] {
  return values.split(/[\s,;]+/).filter((value) => value !== '');
}
