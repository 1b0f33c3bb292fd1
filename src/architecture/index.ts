export * from './config-text';
export * from './expression';
export { FAMILIES, type SchemaName } from './families';
export * from './parameters';
export * from './read';
export { isObject, type ReadProblem } from './reader';
export * from './types';
export * from './weights';
