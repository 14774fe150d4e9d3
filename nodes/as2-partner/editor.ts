import {
  AEAD_STRUCTURE,
  COMPRESS,
  ENCRYPT,
  KEY_TRANSPORT,
  LEAST_TLS,
  LONGEST_RECEIPT_WAIT,
  MOST_ATTEMPTS,
  MOST_PARALLEL,
  RECEIPT,
  RECEIPT_DELIVERY,
  RECEIPT_OVERDUE,
  REDIRECTS,
  SIGN,
  SIGN_SCHEME,
  UNSUITABLE_FILENAMES,
} from '../shared/choices';
import { certificateField } from '../shared/editor/certificate-field';
import {
  checkAs2Name,
  checkCertificates,
  checkChoice,
  checkNumber,
  checkWhole,
} from '../shared/editor/checks';
import { element, field, onEvery, part, setShown } from '../shared/editor/dom';
import { suggestEndpoints } from '../shared/editor/endpoints';
import { handOverFacts, type OwnStation } from '../shared/editor/hand-over';
import { openDialog } from '../shared/editor/live';
import { showNotes } from '../shared/editor/notes';
import { openUsedSections, showStoredValues } from '../shared/editor/stored-values';
import { useStyle } from '../shared/editor/style';
import { createTabs } from '../shared/editor/tabs';
import { adviceFor, isAuthenticated } from './editor/advice';
import { connectionTest } from './editor/connection-test';
import {
  checkAddress,
  checkHosts,
  checkIdentity,
  checkOnlyOwnCa,
  checkPartnerCertificate,
  checkPins,
  checkProxyUse,
  checkRanges,
  checkReceiptUrl,
  checkServerName,
  checkStatuses,
  checkUrls,
} from './editor/checks';

interface Properties {
  name: string;
  as2Name: string;
  identity: string;
  url: string;
  certificate: string;
  sign: string;
  signScheme: string;
  encrypt: string;
  aeadStructure: string;
  keyTransport: string;
  compress: string;
  restart: boolean;
  receipt: string;
  receiptDelivery: string;
  receiptUrl: string;
  /** Minutes. */
  receiptTimeout: string;
  receiptOverdue: string;
  requireSigned: boolean;
  requireEncrypted: boolean;
  acceptSha1: boolean;
  acceptMd5: boolean;
  accept3des: boolean;
  acceptCast5: boolean;
  acceptIdea: boolean;
  acceptRc2: boolean;
  /** Seconds. */
  connectTimeout: string;
  /** Seconds of silence. */
  responseTimeout: string;
  attempts: string;
  /** HTTP statuses. */
  alsoStatuses: string;
  parallel: string;
  receiptHosts: string;
  unsuitableFilenames: string;
  ca: string;
  onlyOwnCa: boolean;
  pins: string;
  tls: string;
  servername: string;
  leastTls: string;
  proxyUse: string;
  proxy: string;
  urls: string;
  redirects: string;
  chunked: boolean;
  loginWhenAsked: boolean;
  /** IP addresses and ranges. */
  inboundFrom: string;
  /** PEM. */
  inboundCertificate: string;
  /** Megabytes. */
  inboundMaxSize: string;
  inboundRate: string;
}

/** Longest time-out that makes sense: a day, in seconds. */
const DAY = 86_400;
/** Megabytes. */
const LARGEST_MESSAGE = 1_000_000;
const MOST_A_MINUTE = 1_000_000;

useStyle();

RED.nodes.registerType<Properties>('as2-partner', {
  category: 'config',
  defaults: {
    name: { value: '' },
    as2Name: { value: '', validate: (value, _options) => checkAs2Name(value) },
    identity: {
      value: '',
      type: 'as2-identity',
      required: true,
      validate: (value, _options) => checkIdentity(value),
    },
    url: {
      value: '',
      validate(value, _options) {
        return checkAddress(this, value);
      },
    },
    certificate: {
      value: '',
      validate(value, _options) {
        return checkPartnerCertificate(this, value);
      },
    },
    sign: { value: 'sha-256', validate: (value, _options) => checkChoice(value, SIGN) },
    signScheme: { value: 'rsa-pkcs1', validate: (value, _options) => checkChoice(value, SIGN_SCHEME) },
    encrypt: { value: 'aes-256-cbc', validate: (value, _options) => checkChoice(value, ENCRYPT) },
    aeadStructure: {
      value: 'auth-enveloped-data',
      validate: (value, _options) => checkChoice(value, AEAD_STRUCTURE),
    },
    keyTransport: { value: 'rsa-pkcs1', validate: (value, _options) => checkChoice(value, KEY_TRANSPORT) },
    restart: { value: false },
    compress: { value: '', validate: (value, _options) => checkChoice(value, COMPRESS) },
    receipt: { value: 'signed', validate: (value, _options) => checkChoice(value, RECEIPT) },
    receiptDelivery: {
      value: 'sync',
      validate: (value, _options) => checkChoice(value, RECEIPT_DELIVERY),
    },
    receiptUrl: {
      value: '',
      validate(value, _options) {
        return checkReceiptUrl(this, value);
      },
    },
    receiptTimeout: {
      value: '30',
      validate: (value, _options) => value === undefined || checkNumber(value, 1, LONGEST_RECEIPT_WAIT),
    },
    receiptOverdue: {
      value: 'fail',
      validate: (value, _options) => checkChoice(value, RECEIPT_OVERDUE),
    },
    requireSigned: { value: true },
    requireEncrypted: { value: true },
    acceptSha1: { value: false },
    acceptMd5: { value: false },
    accept3des: { value: false },
    acceptCast5: { value: false },
    acceptIdea: { value: false },
    acceptRc2: { value: false },
    connectTimeout: { value: '30', validate: (value, _options) => checkNumber(value, 1, DAY) },
    responseTimeout: { value: '300', validate: (value, _options) => checkNumber(value, 1, DAY) },
    attempts: { value: '10', validate: (value, _options) => checkWhole(value, MOST_ATTEMPTS) },
    alsoStatuses: { value: '', validate: (value, _options) => checkStatuses(value) },
    parallel: { value: '4', validate: (value, _options) => checkWhole(value, MOST_PARALLEL) },
    unsuitableFilenames: {
      value: 'rename',
      validate: (value, _options) => checkChoice(value, UNSUITABLE_FILENAMES),
    },
    receiptHosts: { value: '', validate: (value, _options) => checkHosts(value) },
    ca: { value: '', validate: (value, _options) => checkCertificates(value) },
    onlyOwnCa: {
      value: false,
      validate(value, _options) {
        return checkOnlyOwnCa(this, value);
      },
    },
    pins: { value: '', validate: (value, _options) => checkPins(value) },
    tls: { value: '', type: 'tls-config', required: false },
    servername: { value: '', validate: (value, _options) => checkServerName(value) },
    leastTls: { value: '1.2', validate: (value, _options) => checkChoice(value, LEAST_TLS) },
    proxyUse: {
      value: '',
      validate(value, _options) {
        return checkProxyUse(this, value);
      },
    },
    proxy: { value: '', type: 'http proxy', required: false },
    urls: { value: '', validate: (value, _options) => checkUrls(value) },
    redirects: { value: 'no', validate: (value, _options) => checkChoice(value, REDIRECTS) },
    chunked: { value: false },
    loginWhenAsked: { value: false },
    inboundFrom: { value: '', validate: (value, _options) => checkRanges(value) },
    inboundCertificate: { value: '', validate: (value, _options) => checkCertificates(value) },
    inboundMaxSize: {
      value: '',
      validate: (value, _options) => !value || checkNumber(value, 1, LARGEST_MESSAGE),
    },
    inboundRate: { value: '', validate: (value, _options) => !value || checkWhole(value, MOST_A_MINUTE) },
  },
  credentials: {
    user: { type: 'text' },
    password: { type: 'password' },
    token: { type: 'password' },
    headers: { type: 'text' },
    receiptUser: { type: 'text' },
    receiptPassword: { type: 'password' },
    inboundUser: { type: 'text' },
    inboundPassword: { type: 'password' },
  },
  // A partner that only sends to us is used by as2-in nodes, which do not refer to it: no warning that it is unused.
  hasUsers: false,
  paletteLabel: 'as2 partner',
  label() {
    return this.name || this.as2Name || 'as2 partner';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const form = openDialog(this, 'as2-partner-form');
    createTabs(this, 'as2-partner-tabs', [
      { id: 'as2-partner-partner', label: this._('as2-partner.tab.partner') },
      { id: 'as2-partner-security', label: this._('as2-partner.tab.security') },
      {
        id: 'as2-partner-connection',
        label: this._('as2-partner.tab.connection'),
      },
      {
        id: 'as2-partner-incoming',
        label: this._('as2-partner.tab.incoming'),
      },
    ]);
    showStoredValues(this, form);
    openUsedSections(this, form);
    showNotes(this, form, adviceFor(this));
    const encrypt = field('node-config-input-encrypt');
    onEvery([encrypt], () => setShown(isAuthenticated(encrypt.value), part('as2-partner-structure')));
    const receipt = field('node-config-input-receipt');
    const delivery = field('node-config-input-receiptDelivery');
    const asyncRows = [...form.querySelectorAll<HTMLElement>('.as2-partner-async')];
    onEvery([receipt, delivery], () => {
      const isAsked = receipt.value !== 'none';
      setShown(isAsked, part('as2-partner-delivery'));
      setShown(isAsked && delivery.value === 'async', ...asyncRows);
    });
    void suggestEndpoints('as2-partner-endpoints', 'node-config-input-receiptUrl');
    certificateField('node-config-input-certificate');
    certificateField('node-config-input-ca');
    const proxyUse = field('node-config-input-proxyUse');
    onEvery([proxyUse], () => setShown(proxyUse.value === 'node', part('as2-partner-proxy')));
    certificateField('node-config-input-inboundCertificate');
    connectionTest(this);

    const identity = field('node-config-input-identity');
    onEvery([identity], () => {
      const own = RED.nodes.node(identity.value) as Partial<OwnStation> | null | undefined;
      part('as2-partner-hand-over').replaceChildren(
        own
          ? handOverFacts({
              as2Name: own.as2Name ?? '',
              url: own.url ?? '',
              certificate: own.certificate ?? '',
            })
          : element('div', { class: 'as2-hint' }, this._('as2-partner.hint.choose-identity')),
      );
    });
  },
});
