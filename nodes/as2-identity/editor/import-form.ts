import type { ShownCertificate } from '../../shared/shown-certificate';
import { inspect } from '../../shared/editor/certificate-field';
import { button, element } from '../../shared/editor/dom';
import { holdsCertificate } from '../../shared/editor/certificate-file';
import { type ChosenFile, fileButton, onDrop, readChosenFile } from '../../shared/editor/files';
import { post, type ServerError } from '../../shared/editor/server';
import { text } from '../../shared/editor/texts';
import { type InspectedKey, inspectKey, type KeyFields } from './keys';
import { row, slideForm, type SlideForm } from './slide-form';

/** What was found in the files and the pasted text. */
interface Found {
  privateKey?: string;
  readonly certificates: ShownCertificate[];
}

/** Takes a key pair that exists already: PKCS#12, or PEM in one or several pieces, from files or pasted. */
export function importForm(keys: KeyFields, changed: (remark?: string) => void): SlideForm {
  let files: readonly ChosenFile[] = [];
  const paste = element('textarea', {
    class: 'as2-paste',
    rows: '4',
    spellcheck: 'false',
    placeholder: text('import.paste'),
    'aria-label': text('import.paste'),
  });
  // Not for the browser's own store of passwords.
  const passphrase = element('input', { type: 'password', autocomplete: 'new-password' });
  const list = element('div', { class: 'as2-below', role: 'status' });
  onDrop(paste, (dropped) => void choose(dropped));

  async function choose(chosen: readonly File[]): Promise<void> {
    try {
      files = [...files, ...(await Promise.all(chosen.map(readChosenFile)))];
      showFiles();
    } catch (error) {
      list.replaceChildren(
        element('span', { class: 'as2-bad' }, error instanceof Error ? error.message : String(error)),
      );
    }
  }

  function showFiles(): void {
    list.replaceChildren(
      ...files.map((file) =>
        element(
          'span',
          { class: 'as2-file' },
          file.name,
          button(
            { icon: 'fa-times', label: text('import.remove-file', { name: file.name }), compact: true },
            () => {
              files = files.filter((other) => other !== file);
              showFiles();
            },
          ),
        ),
      ),
    );
  }

  return slideForm({
    title: text('import.title'),
    confirm: text('import.confirm'),
    content: [
      element('p', { class: 'as2-hint' }, text('import.explanation')),
      paste,
      element(
        'div',
        { class: 'as2-buttons', style: 'justify-content: flex-start; margin-bottom: 8px' },
        fileButton(
          text('action.choose-files'),
          '.p12,.pfx,.pem,.key,.cer,.crt,.der,.p7b,.p7c',
          true,
          (chosen) => void choose(chosen),
        ),
        list,
      ),
      row(text('import.passphrase'), passphrase, text('import.passphrase-hint')),
    ],
    async confirmed() {
      const pasted = paste.value.trim();
      if (files.length === 0 && pasted === '') throw new Error(text('import.nothing'));
      const found: Found = { certificates: [] };
      for (const { base64, pem } of files)
        await readPiece({ base64, ...(pem ? { text: pem } : {}) }, passphrase.value, found);
      if (pasted !== '') await readPiece({ text: pasted }, passphrase.value, found);
      const remark = await take(found, passphrase.value, keys);
      files = [];
      paste.value = '';
      passphrase.value = '';
      showFiles();
      changed(remark);
    },
  });
}

const PRIVATE_KEY_BLOCK = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z0-9 ]*PRIVATE KEY-----/;

/** Finds out what a file or text is: what the server refuses as certificate, it names. */
async function readPiece(
  piece: { text?: string; base64?: string },
  passphrase: string,
  found: Found,
): Promise<void> {
  const { text: pem, base64 } = piece;
  const [keyBlock] = (pem && PRIVATE_KEY_BLOCK.exec(pem)) || [];
  if (keyBlock !== undefined) {
    found.privateKey = keyBlock;
    if (!/-----BEGIN [A-Z0-9 ]*(CERTIFICATE|PKCS7)-----/.test(pem ?? '')) return;
  }
  try {
    found.certificates.push(...(await inspect(pem === undefined ? { base64: base64 ?? '' } : { text: pem })));
  } catch (error) {
    const { code } = error as Partial<ServerError>;
    if (code === 'certificate-is-private-key') found.privateKey = pem ?? base64 ?? '';
    else if (code === 'certificate-is-pkcs12') await readPkcs12(base64 ?? pem ?? '', passphrase, found);
    else throw error;
  }
}

async function readPkcs12(base64: string, passphrase: string, found: Found): Promise<void> {
  const opened = await post<{ privateKey: string; certificate: string }>('pkcs12/import', {
    base64,
    passphrase,
  });
  found.privateKey = opened.privateKey;
  found.certificates.push(...(await inspect({ text: opened.certificate })));
}

/**
 * Puts what was found into the dialog, after checking that it belongs together.
 * @returns a remark when something remains to be done
 */
async function take(found: Found, passphrase: string, keys: KeyFields): Promise<string | undefined> {
  const { privateKey, certificates } = found;
  if (privateKey === undefined) {
    const matches = await ownFirst((certificate) => keys.inspect(certificate), certificates).catch(
      () => undefined,
    );
    keys.replaceCertificate(asPem(matches ?? certificates));
    return keys.hasKey ? undefined : text('import.certificate-only');
  }
  // The passphrase may have been only for the PKCS#12 file; then it is not kept.
  const inTheClear =
    /-----BEGIN (RSA |EC )?PRIVATE KEY-----/.test(privateKey) && !privateKey.includes('ENCRYPTED');
  const key = { privateKey, passphrase: inTheClear ? '' : passphrase };
  if (certificates.length > 0) {
    keys.replace({
      ...key,
      certificate: asPem(await ownFirst((certificate) => inspectKey({ ...key, certificate }), certificates)),
    });
    return undefined;
  }
  const present = keys.certificate.value;
  const { matchesCertificate } = await inspectKey({
    ...key,
    ...(holdsCertificate(present) ? { certificate: present } : {}),
  });
  keys.replace({ ...key, certificate: matchesCertificate ? present : '' });
  return matchesCertificate ? undefined : text('import.key-only');
}

/** The chain with the certificate of the key in front. */
async function ownFirst(
  inspectWith: (certificate: string) => Promise<InspectedKey>,
  certificates: readonly ShownCertificate[],
): Promise<ShownCertificate[]> {
  for (const own of certificates) {
    const { matchesCertificate } = await inspectWith(own.pem);
    if (matchesCertificate) return [own, ...certificates.filter((other) => other !== own)];
  }
  throw new Error(text('import.mismatch'));
}

function asPem(certificates: readonly ShownCertificate[]): string {
  return certificates.map(({ pem }) => pem).join('\n');
}
