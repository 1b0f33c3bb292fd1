import type { Rule } from '../../rule';

export const hardwareRules: readonly Rule[] = [];
