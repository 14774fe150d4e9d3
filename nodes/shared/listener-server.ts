import { type As2Error, toAs2Error } from '../../src/errors';
import type { HttpListener } from '../../src/http';
import { type Checked, ready } from './checked';
import { core } from './core';
import { type Endpoint, type EndpointServer, EndpointTable, type TrustedProxies } from './endpoint-table';
import type { ListenerSettings } from './listener';

/** So long flows take to start, for the partner that meets them at it. */
const RESTART_SECONDS = 10;
/** Node-RED waits 15 s for a node. */
const GRACE_MS = 10_000;

export interface ListenerServerOptions {
  readonly settings: Checked<ListenerSettings>;
  /** PEM of the certificates that partners show; asked whenever flows were deployed. */
  readonly clientCertificates: () => readonly string[];
  /** It listens, or cannot. */
  readonly onState: (problem: As2Error | undefined, port: number) => void;
  /** New connections get another certificate. */
  readonly onRenewed?: () => void;
  /** Requests that are none, and what else goes wrong besides. */
  readonly onProblem: (error: As2Error) => void;
}

/**
 * The own port of as2-in nodes. It opens when the flows run, so that nobody is told that there is nothing at a path that
 * comes in a moment.
 */
export class ListenerServer implements EndpointServer {
  private readonly endpoints = new EndpointTable();
  private listener: HttpListener | undefined;
  private opening: Promise<void> | undefined;
  private problem: As2Error | undefined;
  /** PEM of what the listener was told to trust. */
  private trusted = '';
  /** What is said already about a certificate that cannot be exchanged. */
  private renewal = '';
  private isClosed = false;

  constructor(private readonly options: ListenerServerOptions) {}

  get trustedProxies(): TrustedProxies | undefined {
    const { settings } = this.options;
    return 'ready' in settings ? settings.ready.trustedProxies : undefined;
  }

  /** @throws As2Error `endpoint-path-invalid`, `endpoint-path-taken` */
  add(endpoint: Endpoint): void {
    this.endpoints.add(endpoint);
    if (this.listener || this.problem) endpoint.onServer?.(this.problem);
  }

  remove(endpoint: Endpoint, removed: boolean): void {
    this.endpoints.remove(endpoint, removed);
  }

  /** The endpoints at work, with the path and the port that they have. */
  list(): readonly { readonly endpoint: Endpoint; readonly port: number; readonly secure: boolean }[] {
    const { listener } = this;
    if (!listener) return [];
    const { port, isSecure: secure } = listener;
    return this.endpoints.atWork().map((endpoint) => ({ endpoint, port, secure }));
  }

  /** The flows run as they were deployed: what did not come back is gone. Never rejects. */
  async flowsRun(): Promise<void> {
    this.endpoints.forgetRestarting();
    this.problem = undefined;
    await this.open();
  }

  /** Tries again what did not work; when it listens, shows the certificate of today. Never rejects. */
  async open(): Promise<void> {
    this.opening ??= this.tryToOpen().finally(() => (this.opening = undefined));
    await this.opening;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.opening;
    await this.listener?.close(GRACE_MS);
  }

  private async tryToOpen(): Promise<void> {
    if (this.isClosed) return;
    try {
      const isNews = !this.listener || this.problem !== undefined;
      if (this.listener) await this.renewCertificate(this.listener);
      this.listener ??= await this.listen(ready(this.options.settings));
      this.trustPartners(this.listener);
      this.problem = undefined;
      if (isNews) this.tell();
    } catch (error) {
      const problem = toAs2Error(error);
      const isKnown = this.problem?.code === problem.code;
      this.problem = problem;
      if (!isKnown) this.tell();
    }
  }

  /** Only when they have changed: whoever comes back without a new handshake would need one otherwise. */
  private trustPartners(listener: HttpListener): void {
    const certificates = this.options.clientCertificates();
    const trusted = certificates.join('');
    if (trusted === this.trusted) return;
    listener.trustClients(certificates);
    this.trusted = trusted;
  }

  /** Until the new one can be used, the one of before is shown. */
  private async renewCertificate(listener: HttpListener): Promise<void> {
    try {
      const options = await ready(this.options.settings).renewedTls?.();
      this.renewal = '';
      if (!options) return;
      listener.showCertificate(options);
      this.options.onRenewed?.();
    } catch (error) {
      const problem = toAs2Error(error);
      if (problem.message === this.renewal) return;
      this.renewal = problem.message;
      this.options.onProblem(problem);
    }
  }

  private async listen(settings: ListenerSettings): Promise<HttpListener> {
    const { trustedProxies, renewedTls: _renewed, ...options } = settings;
    const { AddressRanges, HttpListener } = core.http;
    return HttpListener.open({
      ...options,
      ...(trustedProxies ? { proxies: AddressRanges.of(trustedProxies.addresses) } : {}),
      route: (path) => {
        const endpoint = this.endpoints.find(path);
        if (endpoint !== 'restarting')
          return endpoint && ((request, response) => endpoint.handle(request, response));
        return async (request, response) => {
          await core.http.sendAnswer(request, response, core.http.busyAnswer(RESTART_SECONDS));
        };
      },
      isHealthy: () => {
        const atWork = this.endpoints.atWork();
        return atWork.length > 0 && atWork.every((endpoint) => endpoint.isHealthy?.() ?? true);
      },
      onProblem: this.options.onProblem,
    });
  }

  private tell(): void {
    for (const endpoint of this.endpoints.atWork()) endpoint.onServer?.(this.problem);
    this.options.onState(this.problem, this.listener?.port ?? 0);
  }
}
