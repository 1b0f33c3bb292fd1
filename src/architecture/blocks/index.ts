export * from './compressed';
export * from './ends';
export * from './ffn';
export * from './gated-delta';
export * from './latent';
export * from './mamba';
export * from './recurrent';
export * from './softmax';
