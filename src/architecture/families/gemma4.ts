import { denseFfn, endsOf, moeFfn, softmaxAttention } from '../blocks';
import { constant, product, type Expression } from '../expression';
import { given, groupLayers, isObject, type ConfigReader, type Field } from '../reader';
import { matrix, norms, symbol, vector } from '../tensors';
import type { FfnBlock, SoftmaxBlock, Tensor } from '../types';
import { checkSharing, hiddenOf, memo, type Family, type FamilyInput, type FamilyReader } from './decoder';
import {
  FOUR_NORMS,
  noteEncoder,
  readGemmaHeads,
  readGemmaModel,
  readWindow,
  slidingLayers,
  type GemmaDefaults,
} from './gemma';
import { perLayerEmbeddings, unusedKv } from './gemma3n';

const GEMMA4: GemmaDefaults = {
  vocab: 262_144,
  hidden: 2304,
  intermediate: 9216,
  layers: 30,
  queryHeads: 8,
  kvHeads: 4,
  headDim: 256,
  window: 512,
};

interface Gemma4Variant {
  readonly window: number;
  /** Width of the embeddings that enter each layer, where the key is absent. */
  readonly perLayerWidth: number;
}

/** Full layers have a head size, and with `attention_k_eq_v` a number of KV heads, of their own. */
interface FullHeads {
  readonly headDim: Field<number>;
  readonly kvHeads: Field<number>;
}

function readFullHeads(text: ConfigReader, keyIsValue: boolean, kvHeads: Field<number>): FullHeads {
  const own = text.optionalSize('num_global_key_value_heads');
  return {
    headDim: text.size('global_head_dim', 512),
    kvHeads: keyIsValue && own ? own : kvHeads,
  };
}

/**
 * Files saved by later versions of transformers say layer by layer what differs (`per_layer_config`, by index) instead
 * of naming it once. All full layers have the same there.
 */
function readPerLayerConfig(text: ConfigReader, isSliding: (layer: number) => boolean): FullHeads | null {
  const byLayer = text.raw('per_layer_config');
  if (!isObject(byLayer)) return null;
  const full = Object.keys(byLayer).find((key) => key === 'full_attention' || !isSliding(Number(key)));
  if (full === undefined) return null;
  const reader = text.nested('per_layer_config').nested(full);
  const inherit = (key: string, fallback: number) => reader.size(key, text.size(key, fallback));
  return {
    headDim: inherit('head_dim', GEMMA4.headDim),
    kvHeads: inherit('num_key_value_heads', GEMMA4.kvHeads),
  };
}

/** Experts beside the dense FFN, read from the same residual stream: a router with scales, and three more norms. */
function readExperts(text: ConfigReader, hidden: Expression): { ffn: FfnBlock[]; extra: Tensor[] } {
  const isOn = text.flag('enable_moe_block', false).value;
  for (const key of ['num_experts', 'top_k_experts', 'moe_intermediate_size']) text.has(key);
  if (!isOn) return { ffn: [], extra: [] };
  const experts = text.size('num_experts');
  const moe = moeFfn(text, hidden, {
    experts,
    topK: text.size('top_k_experts'),
    intermediate: text.size('moe_intermediate_size'),
    prefix: '',
    routerName: 'router.proj',
    names: { gateUp: 'gate_up_proj' },
    extra: [
      vector('router.scale', 'router', hidden),
      vector('router.per_expert_scale', 'router', symbol('E', experts)),
    ],
  });
  const names = [
    'post_feedforward_layernorm_1',
    'post_feedforward_layernorm_2',
    'pre_feedforward_layernorm_2',
  ];
  return { ffn: [moe], extra: norms(names, hidden) };
}

/**
 * A drafter (gemma4_assistant) has a plain text config within. All its layers read the main model's KV; projections
 * lead from that model's residual stream and back.
 */
const isDrafter = ({ root }: FamilyInput) => root.text('model_type') === 'gemma4_assistant';

/** The drafter's projections, and with ordered embeddings its clusters of the vocabulary. */
function assistantTensors({ root, text }: FamilyInput, hidden: Expression): Tensor[] {
  const width = symbol('H_main', root.size('backbone_hidden_size', 1536));
  const ordered = root.flag('use_ordered_embeddings', false).value
    ? [
        matrix(
          'masked_embedding.centroids',
          'lmHead',
          symbol('n_centroid', root.size('num_centroids', 2048)),
          hidden,
        ),
        vector(
          'masked_embedding.token_ordering',
          'lmHead',
          symbol('V', text.size('vocab_size', GEMMA4.vocab)),
          {
            fixedBytes: 8,
          },
        ),
      ]
    : [];
  return [
    matrix('pre_projection', 'other', hidden, product(2, width)),
    matrix('post_projection', 'other', width, hidden),
    ...ordered,
  ];
}

/**
 * Gemma 4 (transformers' gemma4, gemma4_unified, gemma4_assistant): 5 sliding layers to one full layer of wider heads,
 * whose values with `attention_k_eq_v` are its keys; the last layers may read earlier layers' KV.
 */
const readGemma4 =
  ({ window: defaultWindow, perLayerWidth }: Gemma4Variant): FamilyReader =>
  (input) => {
    const { text } = input;
    const isAssistant = isDrafter(input);
    const defaults = { ...GEMMA4, window: defaultWindow };
    const { layers, model } = readGemmaModel(input, defaults);
    const hidden = hiddenOf(model);
    const heads = { ...readGemmaHeads(text, defaults), qkNorm: 'head' } as const;
    const window = readWindow(text, defaults);
    const last = layers.value - 1;
    const byType = slidingLayers(text, layers.value, 6);
    // The config class makes the last layer a full one, whatever the list says.
    const slides = (i: number) => i !== last && byType(i);
    noteEncoder(text);
    const keyIsValue = text.flag('attention_k_eq_v', false).value;
    const named = readFullHeads(text, keyIsValue, heads.kvHeads);
    const full = readPerLayerConfig(text, slides) ?? named;
    checkSharing(text, heads.queryHeads, full.kvHeads);

    const stated = text.size('num_kv_shared_layers', 0, 0).value;
    const shared = isAssistant && stated === 0 ? layers.value : stated;
    const firstShared = Math.max(0, layers.value - shared);
    const attentionOf = memo((kind: 'sliding' | 'full' | 'sliding shared' | 'full shared'): SoftmaxBlock => {
      const cache = kind.endsWith('shared') ? 'shared' : 'own';
      return kind.startsWith('sliding')
        ? softmaxAttention(hidden, { ...heads, window, cache })
        : softmaxAttention(hidden, { ...heads, ...full, cache, keyIsValue });
    });

    const width = text.size('intermediate_size', defaults.intermediate);
    const isWide = text.flag('use_double_wide_mlp', false).value && firstShared > 0;
    const experts = readExperts(text, hidden);
    const dense = denseFfn(hidden, { intermediate: width });
    const wide = denseFfn(hidden, {
      intermediate: given(2 * width.value, {
        paths: [...width.origin.paths, ...text.originOf('use_double_wide_mlp').paths],
        note: 'twice as wide in layers that share KV',
      }),
    });
    const [ffn, wideFfn] = [
      [dense, ...experts.ffn],
      [wide, ...experts.ffn],
    ];

    const ple = perLayerEmbeddings(
      text,
      hidden,
      layers,
      text.raw('hidden_size_per_layer_input') === null
        ? given(0)
        : text.size('hidden_size_per_layer_input', perLayerWidth, 0),
    );
    const extra = [
      ...norms(FOUR_NORMS, hidden),
      ...experts.extra,
      ...ple.ofLayer,
      vector('layer_scalar', 'other', constant(1)),
    ];
    const pattern = {
      attention: text.originOf('layer_types', 'sliding_window_pattern', 'num_kv_shared_layers'),
      ffn: text.originOf('use_double_wide_mlp', 'num_kv_shared_layers'),
    };
    const mixers = memo((kind: Parameters<typeof attentionOf>[0]) => [attentionOf(kind)]);
    const groups = groupLayers(layers, pattern, (i) => {
      const kind = slides(i) ? 'sliding' : 'full';
      const isShared = i >= firstShared;
      return {
        attention: mixers(isShared ? `${kind} shared` : kind),
        ffn: isShared && isWide ? wideFfn : ffn,
        extra,
      };
    });
    const sharedOf = (isSliding: boolean) =>
      Array.from({ length: layers.value - firstShared }, (_, i) => firstShared + i).filter(
        (i) => slides(i) === isSliding,
      ).length;
    return {
      model,
      groups,
      ends: endsOf(model, {
        extra: isAssistant ? [...ple.ends, ...assistantTensors(input, hidden)] : ple.ends,
      }),
      storedOnly: isAssistant
        ? []
        : unusedKv([
            { block: attentionOf('sliding'), layers: sharedOf(true) },
            { block: attentionOf('full'), layers: sharedOf(false) },
          ]),
    };
  };

const GEMMA4_KEYS = {
  sliding_window_pattern: ['_sliding_window_pattern'],
  moe_intermediate_size: ['expert_intermediate_size'],
};

export const gemma4Families: readonly Family[] = [
  {
    name: 'Gemma 4',
    types: ['gemma4_text', 'gemma4', 'gemma4_assistant'],
    classes: ['Gemma4ForCausalLM', 'Gemma4ForConditionalGeneration', 'Gemma4TextModel'],
    schema: 'gemma',
    aliases: GEMMA4_KEYS,
    read: readGemma4({ window: 512, perLayerWidth: 256 }),
  },
  {
    name: 'Gemma 4 (unified)',
    types: ['gemma4_unified_text', 'gemma4_unified'],
    classes: ['Gemma4UnifiedForConditionalGeneration', 'Gemma4UnifiedForCausalLM'],
    schema: 'gemma',
    aliases: GEMMA4_KEYS,
    read: readGemma4({ window: 1024, perLayerWidth: 0 }),
  },
];
