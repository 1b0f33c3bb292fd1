import * as validators from '#validators';
import {
  ALL_FAMILIES,
  isObject,
  matchFamily,
  objectAt,
  TOWER_PLACES,
  type FamilyMatch,
} from '../architecture';
import { CATALOG } from '../catalog';
import type { JsonPath } from '../protocol';

/** A value that may be written for a key, and who says so. */
export interface UsualValue {
  readonly value: unknown;
  readonly from: string;
}

/** Which schema speaks of a place, and the dotted path of the place in it. */
export interface SchemaPlace {
  readonly schema: string;
  readonly prefix: string;
}

/** The schema of towers, and of wrappers' keys about them. */
const TOWERS = 'towers';

/** Schemas that describe the keys of an object of a config, the one that decides first. */
export function schemasOf(match: FamilyMatch, object: JsonPath): readonly SchemaPlace[] {
  const { textPath, family } = match;
  const within = (base: JsonPath) => base.every((step, i) => object[i] === step);
  const dotted = (path: JsonPath) =>
    path
      .filter((step) => typeof step === 'string')
      .map((step) => `${step}.`)
      .join('');
  const tower = TOWER_PLACES.find(({ at }) => within(at));
  if (tower) return [{ schema: TOWERS, prefix: dotted(object.slice(tower.at.length)) }];
  if (within(textPath)) return [{ schema: family.schema, prefix: dotted(object.slice(textPath.length)) }];
  return [
    { schema: TOWERS, prefix: dotted(object) },
    { schema: family.schema, prefix: dotted(object) },
  ];
}

/** Values of a key: those of its schema, its family's class default, and those of catalog models of the same schema. */
export function usualValues(match: FamilyMatch, object: JsonPath, key: string): UsualValue[] {
  // A class is the family's own: other models of the same schema have others.
  if (object.length === 0 && key === 'architectures')
    return classesOf(match).map((own) => ({ ...own, value: [own.value] }));
  const places = schemasOf(match, object);
  const found: UsualValue[] = [];
  const add = (value: unknown, from: string) => {
    const text = JSON.stringify(value);
    if (!found.some((known) => JSON.stringify(known.value) === text)) found.push({ value, from });
  };
  for (const { schema, prefix } of places) {
    const known = schemaValue(schema, `${prefix}${key}`);
    known?.values?.forEach((value) => {
      add(value, 'usual');
    });
    if (known?.types?.includes('boolean') === true)
      [true, false].forEach((value) => {
        add(value, '');
      });
  }
  const fallback = match.family.defaults?.[key];
  if (fallback !== undefined && object.length === match.textPath.length) add(fallback, 'class default');
  const { schema } = match.family;
  for (const model of catalogOf(schema)) {
    const inner = objectAt(model.text, object.slice(match.textPath.length));
    const value = inner && Object.hasOwn(inner, key) ? inner[key] : undefined;
    if (value !== undefined && key !== 'model_type') add(value, model.name);
  }
  const types = places.flatMap((place) => schemaValue(place.schema, `${place.prefix}${key}`)?.types ?? []);
  if (types.includes('null')) add(null, '');
  return found;
}

/** Class names of the model's own family, of its own model type first; of all families while that is not known. */
export function classesOf({ modelType }: FamilyMatch): { readonly value: string; readonly from: string }[] {
  const own = ALL_FAMILIES.filter(({ types }) => types.includes(modelType));
  // `qwen3_moe` is Qwen3MoeForCausalLM's, though its family has Llama's classes too.
  const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const isOfType = (name: string) => /^(.*?)(for.*|model)$/.exec(bare(name))?.[1] === bare(modelType);
  return (own.length > 0 ? own : ALL_FAMILIES)
    .flatMap(({ classes = [], name }) => classes.map((value) => ({ value, from: name })))
    .sort((a, b) => Number(isOfType(b.value)) - Number(isOfType(a.value)));
}

export function schemaValue(schema: string, path: string): validators.SchemaValue | undefined {
  const values = validators.schemaValues(schema);
  return Object.hasOwn(values, path) ? values[path] : undefined;
}

/** Catalog models whose language model a schema describes. */
function catalogOf(schema: string): readonly CatalogText[] {
  catalogTexts ??= CATALOG.flatMap(({ name, config }) => {
    const match = matchFamily(config);
    const text = objectAt(config, match.textPath);
    return isObject(text) ? [{ name, text, schema: match.family.schema }] : [];
  });
  return catalogTexts.filter((text) => text.schema === schema);
}
interface CatalogText {
  readonly name: string;
  readonly schema: string;
  readonly text: Readonly<Record<string, unknown>>;
}
let catalogTexts: readonly CatalogText[] | undefined;
