import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/free-port';
import { openssl } from '../../support/openssl';
import { withTempDirectory } from '../../support/temp';
import { RunningTool } from './running-tool';

export interface ProxyLogin {
  readonly username: string;
  readonly password: string;
}

export interface ProxyWishes {
  /** Without it everybody may use the proxy. */
  readonly login?: ProxyLogin;
  /** Ports of servers that nobody may be connected with. */
  readonly closedPort?: number;
  /** Settings of a document, for who may go where; port and files are those of the test. */
  readonly documented?: readonly string[];
}

const PATIENCE_MS = 40_000;

/** A running HTTP proxy. */
export class Proxy {
  constructor(
    readonly url: string,
    private readonly log: string,
  ) {}

  /** Whether it was asked for a way to that address (`host:port`) so far. */
  async wasAskedFor(address: string): Promise<boolean> {
    return (await readFile(this.log, 'latin1')).includes(address);
  }

  /** Waits until its log says so: some write it a moment later. */
  async isAskedFor(address: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await this.wasAskedFor(address))) {
      if (Date.now() > deadline) throw new Error(`the proxy was not asked for ${address}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export type ProxyKind = 'squid' | 'tinyproxy';

/** Where Debian and others put the program that checks passwords for squid. */
const SQUID_PASSWORDS = '/usr/lib/squid/basic_ncsa_auth';

/** Runs `work` against a proxy with a port and a folder of its own. */
export async function withProxy<T>(
  kind: ProxyKind,
  wishes: ProxyWishes,
  work: (proxy: Proxy) => Promise<T>,
): Promise<T> {
  return withTempDirectory(async (directory) => {
    // squid gives up its rights and writes as another user.
    await chmod(directory, 0o777);
    const port = await freePort();
    const file = join(directory, 'proxy.conf');
    const log = join(directory, 'requests.log');
    await writeFile(file, await CONFIGURATIONS[kind](wishes, directory, port));
    const args = kind === 'squid' ? ['-N', '-f', file] : ['-d', '-c', file];
    const tool = await RunningTool.start(kind, args, port);
    try {
      return await work(new Proxy(`http://127.0.0.1:${port}`, log));
    } finally {
      await tool.stop();
    }
  });
}

type Configuration = (wishes: ProxyWishes, directory: string, port: number) => Promise<string>;

const squid: Configuration = async ({ login, closedPort, documented }, directory, port) => {
  const passwords = join(directory, 'passwords');
  if (login) {
    const hash = (await openssl(['passwd', '-apr1', login.password])).toString().trim();
    await writeFile(passwords, `${login.username}:${hash}\n`);
  }
  return [
    `http_port 127.0.0.1:${port}`,
    `pid_filename ${join(directory, 'squid.pid')}`,
    `access_log stdio:${join(directory, 'access.log')}`,
    // A way that was opened is noted in the other log only when it is closed.
    `cache_log ${join(directory, 'requests.log')}`,
    'debug_options ALL,1 11,2',
    `coredump_dir ${directory}`,
    'visible_hostname localhost',
    'cache deny all',
    'shutdown_lifetime 0 seconds',
    'pinger_enable off',
    ...(documented ? documented.map((line) => withFiles(line, passwords)) : []),
    ...(closedPort === undefined ? [] : [`acl closed port ${closedPort}`, 'http_access deny closed']),
    ...(login && !documented
      ? [
          `auth_param basic program ${SQUID_PASSWORDS} ${passwords}`,
          'auth_param basic children 1',
          'auth_param basic realm transfer',
          'acl known proxy_auth REQUIRED',
          'http_access allow known',
          'http_access deny all',
        ]
      : ['http_access allow all']),
    '',
  ].join('\n');
};

function withFiles(line: string, passwords: string): string {
  return line.startsWith('http_port ') ? '' : line.replace('/etc/squid/passwd', passwords);
}

const tinyproxy: Configuration = async ({ login, closedPort, documented }, directory, port) =>
  [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 60',
    'MaxClients 50',
    `LogFile "${join(directory, 'requests.log')}"`,
    'LogLevel Info',
    ...(documented ?? []).filter((line) => !line.startsWith('Port ')),
    ...(login && !documented ? [`BasicAuth ${login.username} ${login.password}`] : []),
    // Ports that are named are the only open ones.
    ...(closedPort === undefined ? [] : [`ConnectPort ${closedPort === 443 ? 444 : 443}`]),
    '',
  ].join('\n');

const CONFIGURATIONS: Readonly<Record<ProxyKind, Configuration>> = { squid, tinyproxy };
