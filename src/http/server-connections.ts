import { isAs2Error } from '../errors';
import { ServerAgent } from './agent';
import { Attempt } from './attempt';
import { waitsForChallenge } from './authorization';
import type { PostRequest, PostResponse } from './client';
import type { ConnectionSettings } from './connection';
import { type Proxy, proxyFor } from './proxy';

/** At one time, unless a request allows more. */
const CONNECTIONS = 16;

/** The connections to one server: a limited number at a time, kept between requests. */
export class ServerConnections {
  /** HTTP-14: user name and password go with every request, once the server has asked for them. */
  sendsLogin: boolean;
  private readonly proxy: Proxy | undefined;
  private agent: ServerAgent | undefined;
  private inUse = 0;
  private readonly waiting: (() => void)[] = [];

  /** @throws As2Error `proxy-url-invalid` */
  constructor(
    private readonly server: URL,
    private readonly settings: ConnectionSettings,
  ) {
    this.sendsLogin = !waitsForChallenge(settings);
    this.proxy = proxyFor(server, settings.proxy);
  }

  async post(url: URL, request: PostRequest): Promise<PostResponse> {
    if (request.connection === 'fresh') return this.postAfresh(url, request);
    await this.turn(request.parallel ?? CONNECTIONS);
    try {
      return await this.postKept(url, request);
    } finally {
      this.inUse--;
      // All of them, in their order: they may be allowed different numbers.
      for (const look of this.waiting.splice(0)) look();
    }
  }

  close(): void {
    this.agent?.destroy();
    this.agent = undefined;
  }

  private async postKept(url: URL, request: PostRequest): Promise<PostResponse> {
    const attempt = this.attempt(url, request);
    try {
      return await attempt.run((this.agent ??= this.agentWith(true)));
    } catch (error) {
      // A kept connection may be closed by the partner at the very moment it is used again. Nothing was answered,
      // and the same bytes with the same Message-ID may be repeated (REL-01).
      if (!(attempt.mayBeRepeated && isAs2Error(error) && error.code === 'http-connection-lost')) throw error;
      return this.postAfresh(url, request);
    }
  }

  private async postAfresh(url: URL, request: PostRequest): Promise<PostResponse> {
    const agent = this.agentWith(false);
    try {
      return await this.attempt(url, request).run(agent);
    } finally {
      agent.destroy();
    }
  }

  private attempt(url: URL, request: PostRequest): Attempt {
    const { settings, proxy, sendsLogin } = this;
    return new Attempt({ url, request, settings, proxy, sendsLogin });
  }

  private agentWith(keepAlive: boolean): ServerAgent {
    const { server: url, settings, proxy } = this;
    return new ServerAgent({ url, settings, proxy, keepAlive });
  }

  private async turn(most: number): Promise<void> {
    while (this.inUse >= Math.max(most, 1)) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.inUse++;
  }
}
