import { createCipheriv, createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type BusinessDocument, randomNumbers } from './document';

/** Lines that a careless MIME reader would take for delimiters, and others that a careless copy would change. */
const traps = [
  '\r\n--boundary\r\n',
  '\r\n--boundary--\r\n',
  '\n------=_Part_1_25568201.1439826000284\n',
  '\r\n------=_Part_1_25568201.1439826000284--\r\n',
  '\r\n--\r\n',
  'Content-Type: text/plain\r\n\r\n',
  '\r\r\n\n\r \t \r\n',
  '\u0000\u0000',
  '=\r\n=3D',
  '.\r\n',
];

export interface PdfOptions {
  /** Approximate size. */
  readonly sizeBytes?: number;
  readonly seed?: number;
}

/**
 * A file with the outer form of a PDF (header, binary comment, objects, cross-reference table with true offsets) whose
 * streams hold every byte value, line ends of every kind, NUL and lines that resemble MIME delimiters.
 */
export function pdfLike(options: PdfOptions = {}): BusinessDocument {
  const { sizeBytes = 100_000, seed = 1 } = options;
  const streams = Math.max(1, Math.ceil(sizeBytes / 20_000));
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\r%\u00e2\u00e3\u00cf\u00d3\r\n', 'latin1')];
  const offsets: number[] = [];
  let length = parts[0]?.length ?? 0;
  const add = (bytes: Buffer): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  const addObject = (content: Buffer): void => {
    offsets.push(length);
    add(Buffer.concat([Buffer.from(`${offsets.length} 0 obj\n`), content, Buffer.from('\nendobj\n')]));
  };
  addObject(Buffer.from('<< /Type /Catalog /Pages 2 0 R >>'));
  addObject(Buffer.from('<< /Type /Pages /Kids [] /Count 0 >>'));
  for (let number = 0; number < streams; number += 1) {
    addObject(streamObject(streamContent(Math.floor(sizeBytes / streams), seed + number)));
  }
  const xref = length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n\r\n`);
  add(Buffer.from(`xref\n0 ${offsets.length + 1}\n0000000000 65535 f\r\n${entries.join('')}`));
  add(Buffer.from(`trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF`));
  return { filename: 'Lieferschein 4711.pdf', contentType: 'application/pdf', bytes: Buffer.concat(parts) };
}

function streamObject(content: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`<< /Length ${content.length} >>\nstream\r\n`),
    content,
    Buffer.from('\r\nendstream'),
  ]);
}

function streamContent(sizeBytes: number, seed: number): Buffer {
  const everyByte = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  const start = Buffer.concat([everyByte, Buffer.from(traps.join('x'), 'latin1')]);
  const random = randomNumbers(seed);
  const parts: Buffer[] = [start];
  for (let length = start.length; length < sizeBytes;) {
    const noise = pseudoRandomBytes(random(2 ** 31), 1 + random(700));
    const trap = Buffer.from(traps[random(traps.length)] ?? '', 'latin1');
    parts.push(noise, trap);
    length += noise.length + trap.length;
  }
  return Buffer.concat(parts);
}

export interface LargeFile {
  readonly path: string;
  readonly filename: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const BLOCK_BYTES = 1024 * 1024;

/** Writes a file of any size, block by block, so that its size costs no memory; incompressible, the same for a seed. */
export async function writeLargeFile(
  path: string,
  options: { readonly sizeBytes?: number; readonly seed?: number } = {},
): Promise<LargeFile> {
  const { sizeBytes = 25 * BLOCK_BYTES, seed = 1 } = options;
  const stream = keystream(seed);
  const zeros = Buffer.alloc(BLOCK_BYTES);
  const digest = createHash('sha256');
  const file = await open(path, 'w', 0o600);
  try {
    for (let written = 0; written < sizeBytes; written += BLOCK_BYTES) {
      const block = stream.update(zeros.subarray(0, Math.min(BLOCK_BYTES, sizeBytes - written)));
      digest.update(block);
      await file.writeFile(block);
    }
  } finally {
    await file.close();
  }
  return {
    path,
    filename: 'catalogue.bin',
    contentType: 'application/octet-stream',
    sizeBytes,
    sha256: digest.digest('hex'),
  };
}

function pseudoRandomBytes(seed: number, count: number): Buffer {
  return keystream(seed).update(Buffer.alloc(count));
}

/** AES in counter mode: a fast generator whose output depends on the seed alone. */
function keystream(seed: number) {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed >>> 0);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
}
