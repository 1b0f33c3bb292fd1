export * from './afd';
export * from './accounting';
export * from './dollars';
export * from './operations';
export * from './summary';
export * from './caches';
