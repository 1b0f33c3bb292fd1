import { ALL_FAMILIES } from '../architecture';

/** What is read, for lists. */
export interface FamilyEntry {
  readonly name: string;
  readonly modelTypes: readonly string[];
  /** `schemas/config-NAME.schema.json`. */
  readonly schema: string;
}

/** Every family, by name; rows of one name are one. */
export function familyEntries(): FamilyEntry[] {
  const byName = new Map<string, FamilyEntry>();
  for (const { name, types, schema } of ALL_FAMILIES) {
    const known = byName.get(name);
    byName.set(name, { name, schema, modelTypes: [...(known?.modelTypes ?? []), ...types] });
  }
  return [...byName.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}
