import type { TlsOptions } from 'node:tls';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { As2Error } from '../../src/errors';
import type { ListenerOptions, ListenerTls } from '../../src/http';
import { core } from './core';
import type { EndpointServer, TrustedProxies } from './endpoint-table';
import { readRanges } from './inbound';
import { asText, choice, flag, text, wholeNumber } from './settings';
import { TlsFiles } from './tls-files';

export interface ListenerDef extends NodeDef {
  /** Address of this machine; default all. */
  readonly host?: string;
  readonly port?: number | string;
  /** Id of a tls-config. */
  readonly tls?: string;
  readonly minVersion?: string;
  readonly clientCertificate?: string;
  /** PEM: senders' certificates, or those of who issued them. */
  readonly clientCa?: string;
  readonly tolerant?: boolean | string;
  readonly maxConnections?: number | string;
  readonly maxConnectionsPerAddress?: number | string;
  readonly healthPath?: string;
  /** Addresses of reverse proxies whose word counts. */
  readonly proxies?: string;
  /** Header field in which they put the certificate of the sender. */
  readonly proxyCertificate?: string;
}

export interface ListenerNode extends Node {
  /** What the user calls it. */
  label: string;
  server: EndpointServer;
}

/** Node-RED's own configuration of certificates and keys. */
interface TlsConfigNode extends Node {
  addTLSOptions?(options: TlsOptions): unknown;
}

export const CLIENT_CERTIFICATE = ['off', 'wanted', 'required'] as const;
export const MIN_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

export type ListenerSettings = Omit<ListenerOptions, 'route' | 'onProblem' | 'isHealthy'> & {
  readonly trustedProxies?: TrustedProxies;
  /** The certificate and key, when their files have changed. */
  readonly renewedTls?: () => Promise<TlsOptions | undefined>;
};

export function isListenerNode(node: Node | null | undefined): node is ListenerNode {
  return node?.type === 'as2-listener';
}

/** @throws As2Error that tells which setting is wrong */
export function readListener(RED: NodeAPI, def: ListenerDef, label: string): ListenerSettings {
  const { LISTENER_DEFAULTS } = core.http;
  const healthPath = text(def.healthPath, 'health path');
  return {
    host: text(def.host, 'address'),
    port: wholeNumber(def.port, 'port', 4433, 65_535),
    ...readTls(RED, def, label),
    tolerant: flag(def.tolerant, 'old products', false),
    maxConnections: wholeNumber(
      def.maxConnections,
      'connections',
      LISTENER_DEFAULTS.maxConnections,
      MOST_CONNECTIONS,
    ),
    maxConnectionsPerAddress: wholeNumber(
      def.maxConnectionsPerAddress,
      'connections of one address',
      LISTENER_DEFAULTS.maxConnectionsPerAddress,
      MOST_CONNECTIONS,
    ),
    ...(healthPath === '' ? {} : { healthPath }),
    ...readProxies(def),
  };
}

const MOST_CONNECTIONS = 100_000;

function readProxies(def: ListenerDef): Pick<ListenerSettings, 'trustedProxies'> {
  const addresses = readRanges(text(def.proxies, 'proxies'));
  if (addresses.length === 0) return {};
  const certificateHeader = text(def.proxyCertificate, 'certificate in');
  return { trustedProxies: { addresses, ...(certificateHeader === '' ? {} : { certificateHeader }) } };
}

/** @throws As2Error `listener-tls-missing`, `listener-tls-needed`, `certificate-…` */
function readTls(
  RED: NodeAPI,
  def: ListenerDef,
  label: string,
): Pick<ListenerSettings, 'tls' | 'renewedTls'> {
  const clientCertificate = choice(def.clientCertificate, 'client certificate', CLIENT_CERTIFICATE, 'off');
  const id = asText(def.tls);
  if (id === '') {
    if (clientCertificate !== 'off') throw new As2Error('listener-tls-needed', { listener: label });
    return {};
  }
  const node: TlsConfigNode | null = RED.nodes.getNode(id);
  if (!node?.addTLSOptions) throw new As2Error('listener-tls-missing', { listener: label });
  const given: TlsOptions & { servername?: string } = {};
  node.addTLSOptions(given);
  const clientCa = text(def.clientCa, 'certificates of senders');
  const more = clientCa === '' ? [] : core.pki.readCertificates(clientCa).map((one) => one.toPem());
  const tls: ListenerTls = {
    options: serverOptions(given, more),
    minVersion: choice(def.minVersion, 'least version', MIN_VERSIONS, 'TLSv1.2'),
    clientCertificate,
  };
  const files = new TlsFiles(RED, node, given, (reason) => new As2Error('listener-tls-unusable', { reason }));
  return {
    tls,
    async renewedTls() {
      const changed = await files.changed();
      return changed && serverOptions({ ...given, ...changed }, more);
    },
  };
}

/** What is about servers matters where Node-RED is the client; here it would switch checks of clients off. */
function serverOptions(
  given: TlsOptions & { readonly servername?: string },
  clientCa: readonly string[],
): TlsOptions {
  const {
    servername: _servername,
    rejectUnauthorized: _rejectUnauthorized,
    ALPNProtocols: _protocols,
    ca = [],
    ...options
  } = given;
  return { ...options, ca: [...(Array.isArray(ca) ? ca : [ca]), ...clientCa] };
}
