export * from './compressed';
export * from './ends';
export * from './ffn';
export * from './latent';
export * from './recurrent';
export * from './softmax';
