export * from './overview';
export * from './roofline';
export * from './sensitivity';
export * from './sweep';
export * from './answer';
