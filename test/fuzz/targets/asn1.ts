import {
  type Asn1Node,
  BerStreamReader,
  bitStringBytes,
  decodeOid,
  encodeOid,
  integerBytes,
  octetStringValue,
  oidValue,
  parseBer,
  smallInteger,
  timeValue,
  toDer,
} from '../../../src/asn1';
import { ByteReader, type Chunks } from '../../../src/bytes';
import { isAs2Error } from '../../../src/errors';
import { berMutation, randomBer } from '../mutate/ber';
import { byteMutations } from '../mutate/bytes';
import type { Samples } from '../samples';
import { must, outcome, pieces, sameInPieces, type Target, codeOf, valueOf } from '../target';

const mutations = [...byteMutations, ...Array.from({ length: 15 }, () => berMutation)];

export function asn1Targets({ structures }: Samples): Target[] {
  return [
    { name: 'asn1/tree', samples: structures, mutations, generate: randomBer, run: readTree },
    { name: 'asn1/stream', samples: structures, mutations, generate: randomBer, run: walkStream },
    { name: 'asn1/octets', samples: octetStrings, mutations, generate: randomBer, run: readOctets },
    { name: 'asn1/oid', samples: oids, mutations: byteMutations, run: readOid },
  ];
}

const octetStrings = [
  '0403010203',
  '24800401010402020300000000',
  '240604010124010404',
  '2480248004010100000401022403040103000000000000',
  '2400',
  '24820005040180048000',
].map((hex) => Buffer.from(hex, 'hex'));

const oids = ['2a864886f70d010702', '550403', '88370381', '8001', '00'].map((hex) => Buffer.from(hex, 'hex'));

function readTree(input: Buffer): string {
  const node = parseBer(input);
  must(input.subarray(0, node.raw.length).equals(node.raw), 'the raw element is not what was read');
  checkNode(node, 1, { left: 300 });
  const der = toDerOf(node);
  if (der) must(der.equals(toDer(parseBer(der))), 'DER of DER is something else');
  return `ok ${node.children.length}`;
}

/** @param values as many elements are tried as values; each that is none costs an error with its stack */
function checkNode(node: Asn1Node, depth: number, values: { left: number }): void {
  must(depth <= 33, 'deeper than the limit');
  must(node.constructed || node.children.length === 0, 'a primitive element has children');
  if (node.constructed) {
    const inside = Buffer.concat(node.children.map(({ raw }) => raw));
    must(inside.equals(node.content), 'the content is not the sum of its elements');
  }
  if (values.left-- > 0) tryValues(node);
  for (const child of node.children) checkNode(child, depth + 1, values);
}

function tryValues(node: Asn1Node): void {
  for (const read of [octetStringValue, oidValue, integerBytes, smallInteger, bitStringBytes, timeValue]) {
    try {
      read(node);
    } catch (error) {
      if (!isAs2Error(error)) throw error;
    }
  }
}

/** Undefined for octet strings that hold something else: they have no DER. */
function toDerOf(node: Asn1Node): Buffer | undefined {
  try {
    return toDer(node);
  } catch (error) {
    if (isAs2Error(error)) return undefined;
    throw error;
  }
}

/** Goes into everything, element by element; must find the same leaves as the tree, and refuse what the tree refuses. */
async function walkStream(input: Buffer): Promise<string> {
  const tree = await outcome(() => leavesOf(parseBer(input)));
  const stream = await outcome(() => streamLeaves(pieces(input)));
  if ('value' in tree && 'value' in stream) {
    must(Buffer.concat(tree.value).equals(Buffer.concat(stream.value)), 'tree and stream find other leaves');
  } else {
    // The limit for the number of elements is the tree's alone.
    must(!('value' in tree), `the tree is read, the stream refuses: ${codeOf(stream)}`);
  }
  return `ok ${Math.min(valueOf(stream).length, 3)}`;
}

function leavesOf(node: Asn1Node): Buffer[] {
  return node.constructed ? node.children.flatMap(leavesOf) : [node.raw];
}

async function streamLeaves(chunks: Chunks): Promise<Buffer[]> {
  const reader = new ByteReader(chunks);
  const ber = new BerStreamReader(reader);
  const leaves: Buffer[] = [];
  let depth = 0;
  do {
    const header = await ber.peekHeader();
    if (!header) {
      await ber.leave();
      depth -= 1;
    } else if (header.constructed) {
      await ber.enter(header.tag);
      depth += 1;
    } else {
      leaves.push(await ber.readElement(1024 * 1024));
    }
  } while (depth > 0);
  return leaves;
}

async function readOctets(input: Buffer): Promise<string> {
  const streamed = await sameInPieces(input, (chunks) =>
    new BerStreamReader(new ByteReader(chunks)).octets(),
  );
  const tree = await outcome(() => octetStringValue(parseBer(input)));
  if ('value' in tree) {
    must('value' in streamed, 'the tree reads octets that the stream refuses');
    must(streamed.value.equals(tree.value), 'tree and stream read other octets');
  }
  return `ok ${Math.min(valueOf(streamed).length, 3)}`;
}

function readOid(input: Buffer): string {
  const dotted = decodeOid(input);
  must(/^[0-2](?:\.\d+)+$/.test(dotted), 'not a dotted identifier');
  must(decodeOid(encodeOid(dotted)) === dotted, 'an identifier reads differently when it is written again');
  return `ok ${dotted.split('.').length}`;
}
