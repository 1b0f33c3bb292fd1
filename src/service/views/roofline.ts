import type { ModelSubject } from '../../advice';
import { decodeOps, expectedExperts, flopsOf, kvBytesMoved } from '../../cost';
import type { AttentionLine, RooflineData, RooflineOperation } from '../../protocol';
import { contextsBetween, type ViewModel } from './sweep';

/** Whose operations, and when. */
export interface OperationsOf {
  readonly model: ViewModel | null;
  readonly context: number;
  readonly batch: number;
}

/** Attention over contexts (report, figure 5), and a model's operations at one context and batch. */
export function rooflineOf(
  models: readonly ViewModel[],
  from: number,
  to: number,
  { model, context, batch }: OperationsOf,
): RooflineData {
  const contexts = contextsBetween(from, to);
  return {
    attention: models.map((each) => attentionLine(each, contexts)),
    operations: model && { id: model.id, context, batch, list: operationsOf(model.subject, context, batch) },
  };
}

const attentionLine = ({ id, subject }: ViewModel, contexts: readonly number[]): AttentionLine => ({
  id,
  points: contexts.map((context) => {
    const ops = subject.opsAt(context);
    return { context, flops: flopsOf(ops, 'attention').value, bytes: kvBytesMoved(ops).value };
  }),
});

/** Lookups have no FLOPs and stand on no roofline. */
const operationsOf = (subject: ModelSubject, context: number, batch: number): RooflineOperation[] =>
  decodeOps(subject.architecture, subject.context.options, { batch, context })
    .filter((op) => op.flops.value > 0)
    .map((op) => {
      const experts = op.experts && {
        hit: expectedExperts(op.experts.of, op.experts.perToken, batch),
        of: op.experts.of,
      };
      const share = experts ? experts.hit / experts.of : 1;
      return {
        name: op.name,
        module: op.module,
        shape: op.shape,
        flops: op.flops.value,
        bytes: op.weightBytes.value * share + op.kv.readBytes.value + op.kv.writeBytes.value,
        experts,
        precision: op.precision,
      };
    });
