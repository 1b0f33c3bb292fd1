import { explainElements, type Architecture, type countParameters } from '../../src/architecture';
import { agreesRounded, type Candidate, type Fact, type Verdict } from './facts';

export const billions = (n: number) => (n >= 1e9 ? `${(n / 1e9).toFixed(3)}B` : `${(n / 1e6).toFixed(3)}M`);

export interface Computed {
  readonly architecture: Architecture;
  readonly count: Count;
  readonly kv: Kv;
  /** The language model is part of a wrapper's config. */
  readonly isWrapped: boolean;
}

export type Count = ReturnType<typeof countParameters>;
/** Bytes at BF16: a token, the part no window drops, and states of a sequence. */
export interface Kv {
  readonly perToken: number;
  readonly unbounded: number;
  readonly state: number;
}

/** Holds one published figure against what was computed. */
export function verdictOf(
  name: string,
  fact: Fact,
  { architecture, count, kv, isWrapped }: Computed,
): Verdict {
  switch (name) {
    case 'total_params':
    case 'stored_elements': {
      const verdict = fact.kind?.startsWith('rounded')
        ? rounded(name, fact, totals(count))
        : exactTotal(name, fact, architecture, count);
      const lacks =
        verdict.outcome === 'failed' && fact.value > count.total && uncounted(fact, architecture, isWrapped);
      return lacks
        ? {
            fact: name,
            outcome: 'unchecked',
            detail: `${fact.value} includes ${lacks}; the language model has ${count.total}`,
          }
        : verdict;
    }
    case 'main_model_params':
      return rounded(name, fact, [{ name: 'language model', value: count.total }]);
    case 'active_params':
      return rounded(name, fact, activatedCounts(architecture, count));
    case 'kv_bytes_per_token':
      return kv.perToken === fact.value
        ? { fact: name, outcome: 'held', detail: `${fact.value}` }
        : { fact: name, outcome: 'failed', detail: `published ${fact.value}, computed ${kv.perToken}` };
    default:
      return { fact: name, outcome: 'unchecked', detail: 'no such figure is computed' };
  }
}

/** What a total may include that this file does not describe or that can't be enumerated. */
function uncounted(fact: Fact, { towers }: Architecture, isWrapped: boolean): string | null {
  if (towers.some((tower) => tower.tensors === null)) return 'a tower that is not counted';
  const says = /vision|audio/.test(`${fact.kind ?? ''} ${fact.note ?? ''}`);
  return towers.length === 0 && (says || isWrapped) ? 'towers that this file does not describe' : null;
}

/** The model with and without what stands apart from it. */
const totals = (count: Count): Candidate[] => [
  { name: 'language model', value: count.total },
  { name: 'with MTP layers', value: count.total + count.mtp },
  { name: 'with towers', value: count.total + (count.vision ?? 0) + (count.audio ?? 0) },
  {
    name: 'with MTP layers and towers',
    value: count.total + count.mtp + (count.vision ?? 0) + (count.audio ?? 0),
  },
];

/** Publishers count the embedding table and the LM head in, or leave either out. */
function activatedCounts({ model }: Architecture, { activated }: Count): Candidate[] {
  const table = model.hidden * model.vocab;
  return [
    { name: 'with LM head', value: activated },
    { name: 'with LM head and embedding', value: activated + table },
    { name: 'without either', value: activated - table },
  ];
}

function rounded(name: string, fact: Fact, candidates: readonly Candidate[]): Verdict {
  const distance = ({ value }: Candidate) => Math.abs(value - fact.value);
  const found = candidates
    .filter(({ value }) => agreesRounded(value, fact.value))
    .sort((a, b) => distance(a) - distance(b))[0];
  const shown = candidates.map((c) => `${billions(c.value)} ${c.name}`).join(', ');
  return found
    ? {
        fact: name,
        outcome: 'held',
        detail: `${billions(fact.value)} is ${billions(found.value)} ${found.name}`,
      }
    : { fact: name, outcome: 'failed', detail: `published ${billions(fact.value)}, computed ${shown}` };
}

function exactTotal(name: string, fact: Fact, architecture: Architecture, count: Count): Verdict {
  const parts = explainElements(architecture, fact.value);
  if (parts)
    return {
      fact: name,
      outcome: 'held',
      detail: `${fact.value} is ${parts.map((p) => p.what).join(' + ')}`,
    };
  return {
    fact: name,
    outcome: 'failed',
    detail: `published ${fact.value} (${fact.kind ?? ''}), computed ${count.total}, mtp ${count.mtp}, vision ${count.vision ?? 'unknown'}; left over ${fact.value - count.total}`,
  };
}
