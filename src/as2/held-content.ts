import { ContentSignatures, type SignedData } from '../cms';
import type { Certificate } from '../pki';
import { type JudgedSignature, judgeSignature, type SeenContent } from './incoming-signature';

const MOST_BYTES = 1024 * 1024;

/**
 * Signed octets that are held because they must not be read a second time: right inside a cipher that does not
 * authenticate, the time of that would tell whoever altered the end of the message that its padding is right (law 4).
 */
export class HeldContent {
  private chunks: Buffer[] | undefined = [];
  private sizeBytes = 0;

  readonly see = (chunk: Buffer): void => {
    this.sizeBytes += chunk.length;
    if (this.sizeBytes > MOST_BYTES) this.chunks = undefined;
    this.chunks?.push(chunk);
  };

  /** Undefined when there was more than is held. */
  get content(): Buffer | undefined {
    return this.chunks && Buffer.concat(this.chunks);
  }
}

/** Whether the key may make signatures that have to see the content itself. */
export function signsContent({ publicKey }: Certificate): boolean {
  return publicKey.asymmetricKeyType !== 'rsa' && publicKey.asymmetricKeyType !== 'rsa-pss';
}

/** What becomes of signers of whom nothing is known yet, without reading the message once more. */
export function judgeHeld(
  { unseen, ...judged }: JudgedSignature,
  signedData: SignedData,
  seen: SeenContent,
  trusted: readonly Certificate[],
  held: HeldContent | undefined,
): JudgedSignature {
  const content = held?.content;
  if (!unseen || !content) return judged;
  const signatures = new ContentSignatures(unseen, trusted);
  signatures.update(content);
  return judgeSignature(signedData, { ...seen, signatures }, trusted);
}
