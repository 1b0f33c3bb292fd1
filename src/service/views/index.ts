export * from './overview';
export * from './roofline';
export * from './sweep';
export * from './answer';
