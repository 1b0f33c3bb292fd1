export * from './advice';
export * from './analysis';
export * from './check';
export * from './panel';
export * from './sensitivity';
export * from './server';
export * from './versions';
export * from './views';
