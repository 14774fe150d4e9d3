export * from './durable';
export * from './file';
export * from './flow';
export * from './reader';
export * from './spill';
