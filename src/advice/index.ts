export * from './budgets';
export * from './edits';
export * from './rule';
export { RULES } from './rules';
export * from './run';
export * from './sensitivity';
export * from './silence';
export * from './subject';
export * from './what-if';
