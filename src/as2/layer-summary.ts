import type { Facts } from '../errors';
import type { Certificate } from '../pki';
import type { IncomingLayer } from './incoming-layers';

/** A certificate as plain JSON. */
export interface CertificateSummary {
  readonly subject: string;
  readonly serialNumber: string;
  readonly fingerprintSha256: string;
}

/** A layer of a message as plain JSON. */
export type LayerSummary =
  | {
      readonly kind: 'signed';
      /** `detached`: multipart/signed; `opaque`: the content lies inside the CMS object. */
      readonly form: 'detached' | 'opaque';
      readonly digest?: string;
      readonly algorithm?: string;
      /** The configured certificate that verified it. */
      readonly signer?: CertificateSummary;
      /** ISO time, as the signer states it. */
      readonly signingTime?: string;
      /** It fits only with CRLF line ends, which did not travel (MIME-03). */
      readonly canonicalized: boolean;
    }
  | {
      readonly kind: 'encrypted';
      /** CMS content type, such as `enveloped-data`. */
      readonly form: string;
      readonly cipher: string;
      /** Ours, whose key opened it. */
      readonly recipient: CertificateSummary;
    }
  | { readonly kind: 'compressed' };

export function summarizeLayer(layer: IncomingLayer, canonical: boolean): LayerSummary {
  if (layer.kind === 'compressed') return { kind: 'compressed' };
  if (layer.kind === 'encrypted') {
    const { kind, form, cipher, recipient } = layer;
    return { kind, form, cipher, recipient: summarizeCertificate(recipient) };
  }
  const { kind, form, report } = layer;
  const signer = report?.signers.find(({ verdict }) => verdict === 'verified') ?? report?.signers[0];
  return {
    kind,
    form,
    ...(signer ? { digest: signer.digest, algorithm: signer.algorithm } : {}),
    ...(report?.signer ? { signer: summarizeCertificate(report.signer) } : {}),
    ...(signer?.signingTime ? { signingTime: signer.signingTime.toISOString() } : {}),
    canonicalized: canonical,
  };
}

/** A layer as a row for the details of an error. */
export function layerFacts(layer: IncomingLayer): Facts {
  if (layer.kind === 'compressed') return { kind: 'compressed' };
  if (layer.kind === 'encrypted') {
    const { kind, form, cipher, recipient } = layer;
    return { kind, form, cipher, recipient: recipient.subject };
  }
  const { kind, form, report } = layer;
  const [signer] = report?.signers ?? [];
  return { kind, form, digest: signer?.digest, algorithm: signer?.algorithm, status: report?.status };
}

export function summarizeCertificate({
  subject,
  serialNumber,
  fingerprintSha256,
}: Certificate): CertificateSummary {
  return { subject, serialNumber, fingerprintSha256 };
}
