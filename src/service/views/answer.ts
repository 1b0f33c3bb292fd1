import type { ModelSubject } from '../../advice';
import { VIEW_METHODS, type ViewRequests } from '../../protocol';
import { overviewOf } from './overview';
import { rooflineOf } from './roofline';
import { sensitivityAt } from './sensitivity';
import { sweepOf, type ViewModel } from './sweep';

/** A question that can't be answered as it is put. */
export class ViewError extends Error {}

type Find = (id: string) => ModelSubject | null;
type Answers = {
  readonly [M in keyof ViewRequests]: (
    params: ViewRequests[M]['params'],
    find: Find,
  ) => ViewRequests[M]['result'];
};

const ANSWERS: Answers = {
  overview({ id, context }, find) {
    const subject = find(id);
    return subject && overviewOf(id, subject, tokens(context));
  },
  sweep: ({ ids, from, to }, find) => sweepOf(modelsOf(ids, find), tokens(from), tokensAfter(to, from)),
  roofline({ ids, from, to, id, context, batch }, find) {
    const subject = find(id);
    return rooflineOf(modelsOf(ids, find), tokens(from), tokensAfter(to, from), {
      model: subject && { id, subject },
      context: tokens(context),
      batch: whole(batch, MAX_BATCH, 'batch'),
    });
  },
  sensitivity({ id, context }, find) {
    const subject = find(id);
    if (!subject) return null;
    if (subject.context.options.contexts.includes(context)) return sensitivityAt(id, subject, context);
    throw new ViewError('The context must be one of the options’.');
  },
};

/** Answers a view's question about models by their ids; those that can't be read are left out. Throws ViewError. */
export function answerView(method: string, params: unknown, find: Find): unknown {
  const known = VIEW_METHODS.find((name) => name === method);
  if (known === undefined) throw new ViewError(`There is no view request ${JSON.stringify(method)}.`);
  if (typeof params !== 'object' || params === null) throw new ViewError(`${method} takes an object.`);
  const answer = ANSWERS[known] as (params: object, find: Find) => unknown;
  return answer(params, find);
}

const MAX_CONTEXT = 1e9;
const MAX_BATCH = 1e6;
/** As many as a chart can show. */
const MAX_MODELS = 500;

function whole(value: unknown, most: number, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new ViewError(`The ${what} must be a whole number from 1 to ${most}.`);
}
const tokens = (value: unknown): number => whole(value, MAX_CONTEXT, 'context');

function tokensAfter(value: unknown, from: unknown): number {
  const to = tokens(value);
  if (to > tokens(from)) return to;
  throw new ViewError('A range of contexts must end above its begin.');
}

function modelsOf(ids: unknown, find: Find): ViewModel[] {
  if (!Array.isArray(ids)) throw new ViewError('A list of model ids is expected.');
  return [...new Set<unknown>(ids)].slice(0, MAX_MODELS).flatMap((id) => {
    const subject = typeof id === 'string' ? find(id) : null;
    return typeof id === 'string' && subject ? [{ id, subject }] : [];
  });
}
