import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import schema from '../../schemas/analysis.schema.json';

let validate: ValidateFunction | undefined;

/** What the command line prints follows its published schema. */
export function assertFollowsSchema(report: unknown): void {
  validate ??= new Ajv2020({ strict: false }).compile(schema);
  const plain: unknown = JSON.parse(JSON.stringify(report));
  assert.ok(validate(plain), `against its schema: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
}
