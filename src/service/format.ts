export * from '../advice/format';
