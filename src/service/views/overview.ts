import { attentionName, languageWeights, type LayerGroup } from '../../architecture';
import { dollarCost, modulePart, type Op } from '../../cost';
import type { ModelSubject } from '../../advice';
import type { LayerKind, ModulePart, ModulePartName, OverviewData } from '../../protocol';

const PARTS: readonly ModulePartName[] = [
  'attentionCore',
  'attentionLinear',
  'denseFfn',
  'sharedFfn',
  'routedFfn',
  'router',
  'lmHead',
  'embedding',
  'other',
];

/** A model's decode step part by part, and its layers by what they are made of. */
export const overviewOf = (id: string, subject: ModelSubject, context: number): OverviewData => ({
  id,
  context,
  parts: partsOf(subject, context),
  layers: subject.architecture.groups.map((group, i) => layerKind(subject, group, i, context)),
});

const total = <T>(list: readonly T[], of: (item: T) => number): number =>
  list.reduce((sum, item) => sum + of(item), 0);

/** Parts that neither weigh nor cost anything are left out. */
function partsOf(subject: ModelSubject, context: number): ModulePart[] {
  const { options, targets } = subject.context;
  const ops = subject.opsAt(context);
  const weights = languageWeights(subject.architecture);
  return PARTS.map((module): ModulePart => {
    const own = ops.filter((op) => op.module === module);
    const held = weights.filter((w) => modulePart(w.module) === module);
    return {
      module,
      parameters: total(held, (w) => w.elements.value * w.copies.value),
      flops: total(own, (op) => op.flops.value),
      kvBytes: total(own, (op) => op.kv.readBytes.value + op.kv.writeBytes.value),
      weightBytes: total(own, (op) => op.weightBytes.value),
      usdPer1M: Object.fromEntries(
        targets.flatMap((target) => {
          const cost = dollarCost(own, target, options.accounting);
          return cost ? [[target.name, cost.total.value] as const] : [];
        }),
      ),
    };
  }).filter((part) => part.parameters > 0 || part.flops > 0 || part.kvBytes > 0 || part.weightBytes > 0);
}

function layerKind(subject: ModelSubject, group: LayerGroup, at: number, context: number): LayerKind {
  const ops = groupOps(subject, at, context);
  const share = 1 / group.indices.length;
  const attention = group.attention.map(attentionName);
  const ffn = group.ffn.map((block) =>
    block.kind === 'moe' ? `MoE ${block.topK} of ${block.experts}` : 'dense FFN',
  );
  return {
    label: [...attention, ...ffn].join(' + ') || 'norms alone',
    attention,
    ffn: group.ffn.map((block) => block.kind),
    indices: group.indices,
    kvBytesPerToken: total(ops, (op) => op.kv.bytesPerToken.value) * share,
    flops: total(ops, (op) => op.flops.value) * share,
  };
}

/** The operations of one group of layers. */
const groupOps = (subject: ModelSubject, at: number, context: number): Op[] =>
  subject.opsAt(context).filter((op) => op.group === at);
