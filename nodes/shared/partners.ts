import { As2Error } from '../../src/errors';
import type { Relationship, StationDirectory } from '../../src/exchange';
import { ready } from './checked';
import type { PartnerNode } from './partner';

/** The partners of the flows that run now. Nodes come and go with every deploy, so nobody keeps what they find here. */
export class Partners {
  private readonly nodes = new Map<string, PartnerNode>();
  /** Closed in the deploy that goes on: most of them come back in a moment, and until then nobody is unknown. */
  private readonly leaving = new Map<string, PartnerNode>();

  /** @returns another partner with the same two AS2 names, whose settings count for messages that come in */
  add(node: PartnerNode): PartnerNode | undefined {
    const { as2Name, identityAs2Name } = node;
    const other = this.all().find(
      (one) => one.as2Name === as2Name && one.identityAs2Name === identityAs2Name,
    );
    this.nodes.set(node.id, node);
    this.leaving.delete(node.id);
    return other;
  }

  remove(node: PartnerNode): void {
    if (this.nodes.get(node.id) !== node) return;
    this.nodes.delete(node.id);
    this.leaving.set(node.id, node);
  }

  /** The deploy is over: what did not come back is gone. */
  forgetRemoved(): void {
    this.leaving.clear();
  }

  /**
   * The partner a message names: by its name in the editor or, when there is none of that name, by its AS2 name.
   * @throws As2Error `partner-not-found`, `partner-ambiguous`
   */
  named(name: string): PartnerNode {
    const byLabel = this.all().filter((one) => one.label === name);
    const found = byLabel.length > 0 ? byLabel : this.all().filter((one) => one.as2Name === name);
    const [only, ...others] = found;
    if (only && others.length === 0) return only;
    if (only) throw new As2Error('partner-ambiguous', { partner: name, count: found.length });
    const known = this.all().map((one) => one.label);
    throw new As2Error('partner-not-found', { partner: name, known: known.join(', ') || '-' });
  }

  /** Of the partner that our user calls so. */
  as2NameOf(label: string): string | undefined {
    return this.all().find((one) => one.label === label)?.as2Name;
  }

  /** Who may talk to whom, asked anew for every message. @param identityId only this identity of ours */
  directory(identityId?: string): StationDirectory {
    return {
      find: ({ from, to, partner }): Relationship | undefined => {
        const fitting = [...this.all(), ...this.leaving.values()].filter(
          (one) =>
            one.as2Name === from &&
            one.identityAs2Name === to &&
            (identityId === undefined || one.identityId === identityId),
        );
        // Of several with the same AS2 names the one meant is known by the name in the editor, unless it was changed.
        const node = fitting.find((one) => one.label === partner) ?? fitting[0];
        // A station of ours that is not in order must not look like one we do not know.
        return node && ready(node.partner).relationship();
      },
    };
  }

  /** PEM of the certificates that partners show when they connect to us. */
  clientCertificates(): string[] {
    return this.all().flatMap(({ partner }) => {
      if (!('ready' in partner)) return [];
      const { inbound } = partner.ready.relationship().partner;
      return inbound?.clientCertificates?.map((certificate) => certificate.toPem()) ?? [];
    });
  }

  private all(): PartnerNode[] {
    return [...this.nodes.values()];
  }
}
