import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { As2Error } from '../../errors';
import { AddressRanges, bringsLogin, originOf, type RequestOrigin, type TrustedProxies } from '../../http';
import type { Certificate } from '../../pki';
import type { AccessSettings, InboundSettings, Partner, ReceiveOptions } from '../types';
import { RefusalRate } from './refusal-rate';

const MINUTE_MS = 60_000;
/** Wrong passwords in a minute from one address; then nobody of it gets in until the minute is over. */
const WRONG_LOGINS = 30;

/** Who may come in, before anything of the body is read: at the door, and in the name of a partner. */
export class Admission {
  private readonly proxies: TrustedProxies | undefined;
  private readonly wrongLogins: RefusalRate;
  private readonly rates = new Map<string, { readonly since: number; readonly count: number }>();

  /** @throws As2Error `address-range-invalid` */
  constructor(
    private readonly options: Pick<ReceiveOptions, 'access' | 'trustedProxies'>,
    private readonly now: () => number,
  ) {
    const { trustedProxies } = options;
    if (trustedProxies) {
      this.proxies = { ...trustedProxies, addresses: rangesOf(trustedProxies.addresses) };
    }
    if (options.access?.addresses) rangesOf(options.access.addresses);
    this.wrongLogins = new RefusalRate(WRONG_LOGINS, now);
  }

  /**
   * @returns where the request comes from
   * @throws As2Error `request-…` when nobody may come so, whoever it is
   */
  atDoor(request: IncomingMessage): RequestOrigin {
    const origin = originOf(request, this.proxies);
    if (this.options.access) this.checkAccess(request, origin, this.options.access);
    return origin;
  }

  /** @throws As2Error `request-…` when it cannot come in the name of this partner */
  asPartner(request: IncomingMessage, origin: RequestOrigin, partner: Partner): void {
    const { inbound, as2Name } = partner;
    if (!inbound) return;
    this.checkAccess(request, origin, inbound);
    if (inbound.clientCertificates && !isShown(inbound.clientCertificates, origin)) {
      throw certificateError(origin);
    }
    const { maxMessageBytes: limitBytes } = inbound;
    if (limitBytes !== undefined && Number(request.headers['content-length'] ?? 0) > limitBytes) {
      throw new As2Error('request-too-large', { limitBytes, remoteAddress: origin.address });
    }
    this.countMessage(as2Name, inbound, origin);
  }

  private checkAccess(request: IncomingMessage, origin: RequestOrigin, access: AccessSettings): void {
    const { addresses, credentials } = access;
    const { address: remoteAddress } = origin;
    if (addresses && addresses.length > 0 && !rangesOf(addresses).includes(remoteAddress)) {
      throw new As2Error('request-address-refused', { remoteAddress });
    }
    if (!credentials) return;
    if (!origin.isSecure) throw new As2Error('request-login-needs-tls', { remoteAddress });
    if (this.wrongLogins.isExceeded(remoteAddress)) {
      const what = `wrong passwords from ${remoteAddress}`;
      throw tooOften(what, WRONG_LOGINS, origin, this.wrongLogins.remainingMs);
    }
    if (bringsLogin(request, credentials)) return;
    // Asking for the password, as some clients do, is no attempt at it.
    const isMissing = request.headers.authorization === undefined;
    if (!isMissing) this.wrongLogins.add(remoteAddress);
    throw new As2Error(isMissing ? 'request-login-missing' : 'request-login-wrong', { remoteAddress });
  }

  private countMessage(
    name: string,
    { messagesPerMinute: limit }: InboundSettings,
    origin: RequestOrigin,
  ): void {
    if (limit === undefined) return;
    const now = this.now();
    const current = this.rates.get(name);
    // The minute begins with the first one, not with that of the clock: nobody gets twice as many around its turn.
    const isOver = !current || now < current.since || now >= current.since + MINUTE_MS;
    const { since, count } = isOver ? { since: now, count: 0 } : current;
    if (count >= limit) {
      throw tooOften(`requests in the name of ${name}`, limit, origin, since + MINUTE_MS - now);
    }
    this.rates.set(name, { since, count: count + 1 });
  }
}

function tooOften(
  what: string,
  limit: number,
  { address: remoteAddress }: RequestOrigin,
  remainingMs: number,
): As2Error {
  const retryAfterSeconds = Math.ceil(remainingMs / 1000);
  return new As2Error('request-too-often', { what, limit, remoteAddress, retryAfterSeconds });
}

/**
 * The very certificate; or one that replaces it: of the same subject, issued by the same key. The name of an issuer is
 * not enough: what is trusted here are certificates of other partners, too, who choose their names themselves.
 */
function isShown(certificates: readonly Certificate[], { certificate, issuer }: RequestOrigin): boolean {
  if (!certificate) return false;
  return certificates.some(
    ({ der, x509 }) => der.equals(certificate.raw) || (issuer && replaces(certificate, x509, issuer)),
  );
}

function replaces(next: X509Certificate, last: X509Certificate, issuer: X509Certificate): boolean {
  if (last.subject === last.issuer || last.subject !== next.subject || last.issuer !== next.issuer)
    return false;
  return [last, next].every((one) => one.verify(issuer.publicKey));
}

function certificateError({ certificate, address: remoteAddress }: RequestOrigin): As2Error {
  if (!certificate) return new As2Error('request-certificate-missing', { remoteAddress });
  const { subject, fingerprint256: fingerprint } = described(certificate);
  return new As2Error('request-certificate-wrong', { remoteAddress, subject, fingerprint });
}

function described({ subject, fingerprint256 }: X509Certificate) {
  return { subject: subject.replaceAll('\n', ', '), fingerprint256 };
}

const known = new WeakMap<readonly string[], AddressRanges>();

function rangesOf(addresses: readonly string[]): AddressRanges {
  let ranges = known.get(addresses);
  if (!ranges) known.set(addresses, (ranges = AddressRanges.of(addresses)));
  return ranges;
}
