import assert from 'node:assert/strict';
import { pathsOf } from '../../src/architecture/expression';
import { ConfigReader } from '../../src/architecture/reader';
import { elementsOf } from '../../src/architecture/tensors';
import { readTowers } from '../../src/architecture/towers';
import { analyzeConfig, DEFAULT_SETTINGS, hoverAt } from '../../src/service';
import { architectureOf, LLAMA_3_8B, type Config } from './fixtures';

/** Towers of a wrapper by themselves, beside a language model of a given width. */
function towersOf(config: Config, hidden: number) {
  const model = { hidden, vocab: 1, layers: 1, tiedEmbeddings: false, origins: {} };
  return readTowers(new ConfigReader(config, [], []), model);
}
function countOf(config: Config, hidden: number): { vision?: number | null; audio?: number | null } {
  return Object.fromEntries(
    towersOf(config, hidden).map(({ kind, tensors }) => [
      kind,
      tensors?.reduce((n, t) => n + elementsOf(t).value * t.copies.value, 0) ?? null,
    ]),
  );
}

const SO400M = {
  hidden_size: 1152,
  intermediate_size: 4304,
  num_hidden_layers: 27,
  num_attention_heads: 16,
  patch_size: 14,
};
const CLIP_336 = {
  model_type: 'clip_vision_model',
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 24,
  patch_size: 14,
  image_size: 336,
};

/**
 * Exact totals of published checkpoints less their language models, but for those whose source is the modelling code
 * alone. Of each: the wrapper's keys that towers are read from, the language model's width, elements.
 */
const published: readonly (readonly [
  string,
  Config,
  number,
  { readonly vision?: number; readonly audio?: number },
])[] = [
  [
    'Qwen2-VL-7B: 8,291,375,616 less Qwen2-7B',
    { model_type: 'qwen2_vl', vision_config: { embed_dim: 1280, depth: 32, hidden_size: 3584, in_chans: 3 } },
    3584,
    { vision: 8_291_375_616 - 7_615_616_512 },
  ],
  [
    'Qwen2.5-VL-7B: 8,292,166,656',
    { model_type: 'qwen2_5_vl', vision_config: { depth: 32, hidden_size: 1280, out_hidden_size: 3584 } },
    3584,
    { vision: 8_292_166_656 - 7_615_616_512 },
  ],
  [
    'Qwen3-VL-8B: 8,767,123,696; DeepStack in three layers by the class default',
    { model_type: 'qwen3_vl', vision_config: { out_hidden_size: 4096 } },
    4096,
    { vision: 8_767_123_696 - 8_190_735_360 },
  ],
  [
    'Qwen3.5-27B: no DeepStack',
    { model_type: 'qwen3_5', vision_config: { out_hidden_size: 5120, deepstack_visual_indexes: [] } },
    5120,
    { vision: 460_730_096 },
  ],
  [
    'LLaVA-1.5-7B: 7,063,427,072',
    { model_type: 'llava', vision_config: CLIP_336 },
    4096,
    { vision: 7_063_427_072 - 6_738_939_904 },
  ],
  [
    'LLaVA-1.5-7B in its own format: the encoder by name',
    {
      model_type: 'llava',
      mm_vision_tower: 'openai/clip-vit-large-patch14-336',
      mm_projector_type: 'mlp2x_gelu',
    },
    4096,
    { vision: 7_063_427_072 - 6_738_939_904 },
  ],
  [
    'LLaVA-OneVision-Qwen2-7B: 8,030,348,832',
    {
      model_type: 'llava_onevision',
      vision_config: {
        ...SO400M,
        model_type: 'siglip_vision_model',
        num_hidden_layers: 26,
        image_size: 384,
        vision_use_head: false,
      },
    },
    3584,
    { vision: 8_030_348_832 - 7_615_616_512 },
  ],
  [
    'PaliGemma-3B: 2,923,466,480 less Gemma 2B with 257,216 rows',
    {
      model_type: 'paligemma',
      projection_dim: 2048,
      vision_config: { ...SO400M, model_type: 'siglip_vision_model', vision_use_head: false },
    },
    2048,
    { vision: 2_923_466_480 - 2_508_662_784 },
  ],
  [
    'Gemma 3 27B: 27,432,406,640',
    {
      model_type: 'gemma3',
      vision_config: {
        ...SO400M,
        model_type: 'siglip_vision_model',
        image_size: 896,
        vision_use_head: false,
      },
    },
    5376,
    { vision: 27_432_406_640 - 27_009_346_304 },
  ],
  [
    'Phi-3-vision: 4,146,621,440',
    {
      model_type: 'phi3_v',
      img_processor: { model_name: 'openai/clip-vit-large-patch14-336', name: 'clip_vision_model' },
      embd_layer: { use_hd_transform: true, with_learnable_separator: true, projection_cls: 'mlp' },
    },
    3072,
    { vision: 4_146_621_440 - 3_821_079_552 },
  ],
  [
    'Idefics2-8B: 8,402,768,112 less Mistral 7B with 32,003 rows',
    {
      model_type: 'idefics2',
      text_config: { model_type: 'mistral', vocab_size: 32003 },
      vision_config: { ...SO400M, image_size: 980 },
    },
    4096,
    { vision: 8_402_768_112 - 7_241_756_672 },
  ],
  [
    'SmolVLM-256M: 256,484,928 less SmolLM2-135M with an untied head',
    {
      model_type: 'smolvlm',
      scale_factor: 4,
      vision_config: { hidden_size: 768, image_size: 512, patch_size: 16 },
    },
    576,
    { vision: 256_484_928 - 134_588_736 - 49280 * 576 },
  ],
  [
    'InternVL2-2B: 2,205,754,368',
    {
      model_type: 'internvl_chat',
      downsample_ratio: 0.5,
      vision_config: {
        model_type: 'intern_vit_6b',
        hidden_size: 1024,
        intermediate_size: 4096,
        num_hidden_layers: 24,
        image_size: 448,
        patch_size: 14,
        qkv_bias: true,
        qk_normalization: false,
        norm_type: 'layer_norm',
      },
    },
    2048,
    { vision: 2_205_754_368 - 1_889_146_880 },
  ],
  [
    'the same as transformers writes it',
    {
      model_type: 'internvl',
      vision_config: { model_type: 'internvl_vision', image_size: [448, 448], attention_bias: true },
    },
    2048,
    { vision: 2_205_754_368 - 1_889_146_880 },
  ],
  [
    'MiniCPM-V-2.6: 8,099,175,152',
    {
      model_type: 'minicpmv',
      query_num: 64,
      drop_vision_last_layer: false,
      vision_config: { ...SO400M, model_type: 'siglip', image_size: 980 },
    },
    3584,
    { vision: 8_099_175_152 - 7_612_763_648 },
  ],
  [
    'Devstral Small 2: 24,011,361,280',
    {
      model_type: 'mistral3',
      multimodal_projector_bias: false,
      vision_config: { model_type: 'pixtral', patch_size: 14 },
    },
    5120,
    { vision: 24_011_361_280 - 23_572_403_200 },
  ],
  [
    'Llama-3.2-11B-Vision: 10,670,220,835',
    { model_type: 'mllama', vision_config: { image_size: 560 } },
    4096,
    { vision: 10_670_220_835 - 9_775_192_080 },
  ],
  [
    'Kimi-VL-A3B: 16,407,657,776 less Moonlight',
    { model_type: 'kimi_vl', vision_config: { model_type: 'moonvit', merge_kernel_size: [2, 2] } },
    2048,
    { vision: 16_407_657_776 - 15_960_111_936 },
  ],
  [
    'Kimi-K2.5: 471,143,920 beside Kimi-K2',
    { model_type: 'kimi_k25', vision_config: { vt_hidden_size: 1152, vt_num_hidden_layers: 27 } },
    7168,
    { vision: 471_143_920 },
  ],
  [
    'Kimi-K3: 401,214,464 of MoonViT-V2, and its projector',
    { model_type: 'kimi_k3', vision_config: { vt_hidden_size: 1024, mm_projector_type: 'patchmergerv2' } },
    7168,
    { vision: 401_214_464 + 4096 * 4096 + 4096 * 7168 + 7168 },
  ],
  [
    'GLM-4.1V-9B: 10,292,777,472',
    { model_type: 'glm4v', vision_config: { hidden_size: 1536, out_hidden_size: 4096 } },
    4096,
    { vision: 10_292_777_472 - 9_400_279_040 },
  ],
  [
    'dots.ocr: 3,039,179,264 less Qwen2-1.5B with an untied head',
    { model_type: 'dots_ocr', vision_config: { embed_dim: 1536, use_bias: false } },
    1536,
    { vision: 3_039_179_264 - 1_777_088_000 },
  ],
  [
    'LFM2-VL-1.6B: 1,584,804,000 less LFM2-1.2B',
    {
      model_type: 'lfm2_vl',
      projector_hidden_size: 2560,
      vision_config: {
        ...SO400M,
        model_type: 'siglip2_vision_model',
        num_hidden_layers: 26,
        patch_size: 16,
        vision_use_head: false,
      },
    },
    2048,
    { vision: 1_584_804_000 - 1_170_340_608 },
  ],
  [
    'MiniMax-M3: what its tensor list has beside the language model',
    { model_type: 'minimax_m3', vision_config: {} },
    6144,
    { vision: 865_567_232 },
  ],
  [
    'Molmo-7B-D: 8,021,025,280 less Qwen2-7B and 128 more rows',
    { model_type: 'molmo', intermediate_size: 37888 },
    3584,
    { vision: 8_021_025_280 - 7_616_075_264 },
  ],
  [
    'Janus-1.3B: 2,089,297,547, encoder, image tokenizer, aligners and head',
    {
      model_type: 'multi_modality',
      vision_config: {
        params: { model_name: 'siglip_large_patch16_384', image_size: 384, select_layer: -1 },
      },
      aligner_config: { params: { depth: 2, input_dim: 1024, n_embed: 2048, projector_type: 'mlp_gelu' } },
      gen_vision_config: { cls: 'VQ-16', params: { image_token_size: 16384, n_embed: 8 } },
      gen_aligner_config: { params: { depth: 2, input_dim: 8, n_embed: 2048, projector_type: 'mlp_gelu' } },
      gen_head_config: { params: { image_token_embed: 2048, image_token_size: 16384, n_embed: 2048 } },
    },
    2048,
    { vision: 2_089_297_547 - 1_652_656_128 },
  ],
  [
    'Gemma 4 31B: 31,273,088,876, buffers of the standardization counted',
    {
      model_type: 'gemma4',
      audio_config: null,
      vision_config: {
        ...SO400M,
        model_type: 'gemma4_vision',
        head_dim: 72,
        num_key_value_heads: 16,
        patch_size: 16,
        standardize: true,
        use_clipped_linears: false,
      },
    },
    5376,
    { vision: 31_273_088_876 - 30_697_345_340 },
  ],
  [
    'Gemma 4 E2B: 5,123,178,979 with the keys and values that 20 layers share, and the bounds of clipped layers',
    {
      model_type: 'gemma4',
      audio_config: { model_type: 'gemma4_audio' },
      vision_config: { model_type: 'gemma4_vision', use_clipped_linears: true },
    },
    1536,
    { vision: 168_544_704, audio: 5_123_178_979 - 18_880_512 - 4_628_569_379 - 168_544_704 },
  ],
  [
    'Gemma 3n E4B: 7,849,978,192 less the language model with the keys and values that its last 15 layers never use',
    {
      model_type: 'gemma3n',
      vision_config: { model_type: 'gemma3n_vision', architecture: 'mobilenetv5_300m_enc' },
      audio_config: {
        model_type: 'gemma3n_audio',
        sscp_conv_stride_size: [
          [2, 2],
          [2, 2],
        ],
      },
    },
    2048,
    { vision: 294_126_912 + 4_460_544, audio: 7_849_978_192 - 31_461_120 - 6_835_235_568 - 298_587_456 },
  ],
  [
    'Phi-4-multimodal: 5,574,460,384 less Phi-4-mini and two LoRAs of rank 256 and 320',
    {
      model_type: 'phi4mm',
      img_processor: null,
      embd_layer: { image_embd_layer: { crop_size: 448 }, audio_embd_layer: { compression_rate: 8 } },
      audio_processor: {
        name: 'cascades',
        config: {
          attention_dim: 1024,
          attention_heads: 16,
          linear_units: 1536,
          num_blocks: 24,
          nemo_conv_settings: { conv_channels: 1024 },
          relative_attention_bias_args: { t5_bias_max_distance: 500, type: 't5' },
        },
      },
    },
    3072,
    { vision: 441_550_016, audio: 5_574_460_384 - 3_836_021_760 - 45_056 * 32 * (256 + 320) - 441_550_016 },
  ],
  [
    'Qwen2-Audio-7B: 8,397,094,912',
    { model_type: 'qwen2_audio', audio_config: { model_type: 'qwen2_audio_encoder' } },
    4096,
    { audio: 8_397_094_912 - 7_754_878_976 },
  ],
];

describe('towers', () => {
  for (const [name, config, hidden, expected] of published)
    it(name, () => {
      assert.deepEqual(countOf(config, hidden), expected);
    });

  it('give every size its place in the file', () => {
    const [, , , expected] = published[2]!;
    const config = {
      model_type: 'qwen3_vl',
      vision_config: { depth: 27, out_hidden_size: 4096, deepstack_visual_indexes: [8, 16, 24] },
    };
    const [tower] = towersOf(config, 4096);
    assert.equal(countOf(config, 4096).vision, expected.vision);
    const paths = new Set(
      (tower?.tensors ?? []).flatMap((t) => [...t.shape, t.copies].flatMap(pathsOf)).map((p) => p.join('.')),
    );
    for (const key of Object.keys(config.vision_config)) assert.ok(paths.has(`vision_config.${key}`), key);
  });

  it('are found in the thinker of an Omni model', () => {
    const towers = { vision_config: { out_hidden_size: 2048 }, audio_config: { output_dim: 2048 } };
    const whole = countOf({ model_type: 'qwen3_omni_moe', thinker_config: towers }, 2048);
    assert.ok(Number(whole.vision) > 5e8 && Number(whole.audio) > 6e8);
    assert.deepEqual(countOf({ model_type: 'qwen3_omni_moe_thinker', ...towers }, 2048), whole);
  });

  it('are not counted where the wrapper, the encoder or a size is not known', () => {
    const nothing: readonly Config[] = [
      { model_type: 'some_vlm', vision_config: { model_type: 'siglip_vision_model' } },
      { vision_config: { hidden_size: 8 } },
      { model_type: 'llava', vision_config: { model_type: 'some_vit' } },
      { model_type: 'llava', mm_vision_tower: 'someone/some-vit' },
      { model_type: 'qwen3_vl', vision_config: { depth: 'many' } },
      { model_type: 'qwen3_vl', vision_config: { depth: 1e300 } },
      { model_type: 'internvl_chat', vision_config: { image_size: [448, 224] } },
      { model_type: 'gemma4', vision_config: { use_clipped_linears: 3 } },
    ];
    for (const config of nothing)
      assert.deepEqual(countOf(config, 4096), { vision: null }, JSON.stringify(config));
    assert.deepEqual(countOf({ model_type: 'some_model', audio_config: {} }, 4096), { audio: null });
    assert.deepEqual(countOf({ model_type: 'llama', vision_config: null }, 4096), {});
  });

  it('are known by their own model_type where the wrapper is not', () => {
    const vision_config = { model_type: 'qwen3_vl', out_hidden_size: 4096 };
    assert.deepEqual(countOf({ model_type: 'some_vlm', vision_config }, 4096), { vision: 576_388_336 });
  });

  it('stay apart from the language model, whatever is wrong with them', () => {
    const config = { model_type: 'llava', text_config: LLAMA_3_8B, vision_config: { hidden_size: 'wide' } };
    const { towers } = architectureOf(config);
    assert.deepEqual(towers, [{ kind: 'vision', path: ['vision_config'], tensors: null }]);
  });
});

describe('towers in the editor', () => {
  const config = {
    model_type: 'llava',
    text_config: LLAMA_3_8B,
    vision_config: CLIP_336,
    multimodal_projector_bias: true,
  };
  const analyzed = (value: Config) => {
    const result = analyzeConfig(
      { text: JSON.stringify(value, null, 2), file: 'config.json', name: 'm' },
      DEFAULT_SETTINGS,
    );
    assert.ok(result);
    return result;
  };
  const hoverOn = (value: Config, key: string): string => {
    const result = analyzed(value);
    const offset = result.document.getText().indexOf(`"${key}"`) + 1;
    return hoverAt(result, result.document.positionAt(offset))?.markdown ?? '';
  };

  it('a size of a tower says what it means and decides, and with which formula', () => {
    const hover = hoverOn(config, 'image_size');
    assert.match(hover, /Side of the square image/);
    assert.match(hover, /\| parameters \| 591K \|/);
    assert.match(hover, /N_patch/);
  });
  it('the layers of a tower decide what is in its layers', () => {
    const { text_config, ...wrapper } = config;
    const hover = hoverOn({ ...wrapper, text_config }, 'num_hidden_layers');
    assert.match(hover, /Transformer blocks of the tower/);
    assert.match(hover, /\| parameters \| 302M \|/);
  });
  it('the wrapper’s keys about towers are described', () => {
    assert.match(hoverOn(config, 'multimodal_projector_bias'), /projector's matrices have biases/);
    assert.match(hoverOn(config, 'vision_config'), /vision tower/);
  });
  it('what is wrong in a tower is a warning at its value', () => {
    const { analysis } = analyzed({
      ...config,
      vision_config: { ...CLIP_336, num_hidden_layers: -1, hidden_act: 5 },
    });
    assert.deepEqual(
      analysis.findings.map(({ severity, code, path }) => [severity, code, path.join('.')]),
      [
        ['warning', 'schema/minimum', 'vision_config.num_hidden_layers'],
        ['warning', 'schema/type', 'vision_config.hidden_act'],
      ],
    );
    assert.equal(analysis.parameters?.vision, null);
  });
  it('parts that only speak are named as not counted', () => {
    const { analysis } = analyzed({ ...LLAMA_3_8B, talker_config: { hidden_size: 8 } });
    assert.deepEqual(
      analysis.findings.map(({ severity, code, path }) => [severity, code, path.join('.')]),
      [['information', 'config/not-counted', 'talker_config']],
    );
  });
});
