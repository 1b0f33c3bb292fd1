/** The parts of a decode step, in words and in looks: hue by attention, FFN and the rest, pattern within. */
import type { ModulePartName } from '../src/protocol';
import type { Pattern } from './patterns';
import type { Theme } from './theme';

interface PartLook {
  readonly text: string;
  readonly color: keyof Pick<Theme, 'attention' | 'ffn' | 'other' | 'document' | 'muted'>;
  readonly pattern: Pattern;
}

export const PARTS: Readonly<Record<ModulePartName, PartLook>> = {
  attentionCore: { text: 'Attention core', color: 'attention', pattern: 'solid' },
  attentionLinear: { text: 'Attention linear', color: 'attention', pattern: 'falling' },
  denseFfn: { text: 'Dense FFN', color: 'ffn', pattern: 'solid' },
  sharedFfn: { text: 'Shared experts', color: 'ffn', pattern: 'level' },
  routedFfn: { text: 'Routed experts', color: 'ffn', pattern: 'rising' },
  router: { text: 'Router', color: 'other', pattern: 'solid' },
  lmHead: { text: 'LM head', color: 'other', pattern: 'falling' },
  embedding: { text: 'Embedding', color: 'document', pattern: 'level' },
  other: { text: 'Other', color: 'muted', pattern: 'rising' },
};
