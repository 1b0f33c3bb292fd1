export * from './analyze';
export * from './catalog-models';
export * from './compare';
export * from './family-entries';
export * as format from './format';
export * from './hints';
export * from './hover';
export * from './recognize-text';
export * from './settings';
