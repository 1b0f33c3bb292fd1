import type { Rule } from '../../rule';

export const codesignRules: readonly Rule[] = [];
