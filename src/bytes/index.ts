export * from './durable';
export * from './file';
export { FileWriter } from './file-writer';
export * from './flow';
export * from './reader';
export * from './spill';
