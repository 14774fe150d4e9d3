/*
 * The one table of algorithms: everything CMS names by an object identifier, with the name it has in Node.js.
 * Sources: RFC 3370, 3565, 4055, 5084, 5753, 5754, 8103, 8418, 8419, 8702.
 */
export * from './ciphers';
export * from './digests';
export * from './key-encryption';
export * from './signatures';
