import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { join } from 'node:path';
import { freePort } from '../../support/free-port';
import { withTempDirectory } from '../../support/temp';
import { RunningTool } from './running-tool';
import { fingerprintOf, type Issued } from './tls-authority';

export interface NginxSettings {
  /** With it, the port speaks TLS. */
  readonly tls?: Issued;
  /** Where requests go on to, without path; default: nowhere. */
  readonly upstream?: string;
  /** Directives of the server. */
  readonly server?: readonly string[];
  /** Directives of its one location, behind `proxy_pass`. */
  readonly location?: readonly string[];
}

/** A running nginx. */
export class Nginx {
  constructor(
    /** Without a slash at the end; by name, which is what its certificate is for. */
    readonly url: string,
    readonly port: number,
    private readonly tool: RunningTool,
    private readonly directory: string,
  ) {}

  /** Takes certificates and settings from its files again while it runs, and waits until nobody gets the old ones. */
  async reload(shows: Issued): Promise<void> {
    const before = await this.workers();
    this.tool.child.kill('SIGHUP');
    const isDone = async (): Promise<boolean> => {
      const now = await this.workers();
      // The old process goes on taking connections for a moment beside the new one.
      return now.length > 0 && !now.some((worker) => before.includes(worker));
    };
    while (!(await isDone()) || (await shownAt(this.port)) !== fingerprintOf(shows)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private async workers(): Promise<string[]> {
    const { pid } = this.tool.child;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return children.split(' ').filter((worker) => worker !== '');
  }

  /** What it has answered; nginx notes it a moment after the answer, so that many are waited for. */
  async requests(expected: number): Promise<readonly NginxRequest[]> {
    for (;;) {
      const lines = (await readFile(join(this.directory, 'access.log'), 'latin1')).split('\n').slice(0, -1);
      if (lines.length >= expected) return lines.map(parseLine);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export interface NginxRequest {
  /** Number of the connection it came on. */
  readonly connection: string;
  readonly protocol: string;
  readonly status: number;
  /** Version, such as TLSv1.3. */
  readonly tls: string;
}

function parseLine(line: string): NginxRequest {
  const [connection = '', protocol = '', status = '', tls = ''] = line.split(' ');
  return { connection, protocol, status: Number(status), tls };
}

/** Runs `work` against an nginx with a port and a folder of its own. */
export async function withNginx<T>(settings: NginxSettings, work: (nginx: Nginx) => Promise<T>): Promise<T> {
  return withTempDirectory(async (directory) => {
    const port = await freePort();
    const file = join(directory, 'nginx.conf');
    await writeFile(file, configuration(settings, directory, port));
    const log = join(directory, 'error.log');
    const tool = await RunningTool.start('nginx', ['-p', directory, '-e', log, '-c', file], port);
    try {
      const url = `${settings.tls ? 'https' : 'http'}://localhost:${port}`;
      return await work(new Nginx(url, port, tool, directory));
    } finally {
      await tool.stop();
    }
  });
}

function configuration(settings: NginxSettings, directory: string, port: number): string {
  const { tls, upstream, server = [], location = [] } = settings;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${directory}/nginx.pid;
error_log ${directory}/error.log info;
events { worker_connections 1024; }
http {
  log_format short '$connection $server_protocol $status $ssl_protocol';
  access_log ${directory}/access.log short;
  ${temporary.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join('\n  ')}
  client_max_body_size 0;
  ssl_protocols TLSv1.2 TLSv1.3;
  server {
    listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
    server_name localhost;
    ${tls ? `ssl_certificate ${tls.certificateFile}; ssl_certificate_key ${tls.keyFile};` : ''}
    ${server.join('\n    ')}
    location / {
      ${upstream === undefined ? '' : `proxy_pass ${upstream};`}
      ${location.join('\n      ')}
    }
  }
}
`;
}

async function shownAt(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', () => resolve(undefined));
  });
}
