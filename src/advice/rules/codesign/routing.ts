import type { MoeBlock } from '../../../architecture';
import type { Routing } from '../../../cost';
import type { ModelSubject } from '../../subject';

/** The router's choice, with its limit to groups where the config has one (DeepSeek-V2's device-limited routing). */
export function routingOf(subject: ModelSubject, { experts, topK }: MoeBlock): Routing {
  // Read aside: that the rule asks for these keys does not make them keys that the family reads.
  const text = subject.text.aside();
  const groups = text.optionalSize('n_group')?.value ?? 1;
  const groupLimit = text.optionalSize('topk_group')?.value ?? groups;
  return groups > 1 && groupLimit <= groups
    ? { experts, topK, groups, groupLimit }
    : { experts, topK, groups: 1, groupLimit: 1 };
}

/** Servers that share the routed experts; null where no expert parallelism is configured or one server holds them all. */
export function serversOf({ context }: ModelSubject): number | null {
  const { expertParallel, gpusPerServer } = context.options.serving;
  const servers = expertParallel === null ? 1 : Math.ceil(expertParallel / gpusPerServer);
  return servers > 1 ? servers : null;
}
