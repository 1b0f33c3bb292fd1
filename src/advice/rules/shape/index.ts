import type { Rule } from '../../rule';

export const shapeRules: readonly Rule[] = [];
