/** Keys that stand in model configs and in few other JSON files. */
const TELLTALE_KEY =
  /"(model_type|architectures|num_hidden_layers|hidden_size|num_attention_heads|n_layer|n_layers|d_model|general\.architecture|(?:--)?(?:num-layers|hidden-size))"\s*:/;
/** Configs name their family early; files that run longer without are none. */
const HEAD_LENGTH = 1 << 16;

/** Before parsing anything: might this text be a model's config? Cheap, so that other JSON files cost nothing. */
export const mayBeModelConfig = (text: string): boolean =>
  TELLTALE_KEY.test(text.length > HEAD_LENGTH ? text.slice(0, HEAD_LENGTH) : text);
