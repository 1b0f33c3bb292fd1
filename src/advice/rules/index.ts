import type { Rule } from '../rule';
import { budgetRules } from './budget';
import { codesignRules } from './codesign';
import { hardwareRules } from './hardware';
import { shapeRules } from './shape';

/** Every rule, in the order of the documentation. */
export const RULES: readonly Rule[] = [...shapeRules, ...hardwareRules, ...codesignRules, ...budgetRules];
