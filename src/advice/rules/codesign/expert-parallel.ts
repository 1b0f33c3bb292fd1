import { BYTES_PER_ELEMENT, hitProbability, mainExperts } from '../../../cost';
import { rooflineRatio } from '../../../hardware';
import { bytes, percent, whole } from '../../format';
import type { ModelRule } from '../../rule';
import { placeOf, REPORT } from './common';
import { routingOf, serversOf } from './routing';

/** Bytes a hidden element takes to an expert's server and back: FP8 there, BF16 back (section 5.4). */
const BYTES_PER_HIDDEN = 3;

/** Section 5.5: what expert parallelism over servers, and routing limits, do to traffic and batch. */
export const expertParallel: ModelRule = {
  code: 'codesign/expert-parallel',
  title: 'What the expert parallelism brings',
  severity: 'information',
  of: 'model',
  what: 'With `serving.expertParallel` over more than one server: on how many servers a token’s experts lie (every choice of the router equally likely), what the limit to groups (`n_group`, `topk_group`) changes, how much a token takes on the network a layer, and which batch the experts need to compute at peak.',
  why: 'While servers are fewer than the experts of a token, nearly every token goes to every server, and the network carries all of them. Beyond, each server gets a part of the tokens, at the price of fewer tokens to even out the load of experts. An expert computes at peak from FLOPS / bandwidth · bytes per weight / 2 tokens on; the batch must be experts / top-k times that.',
  ignoreWhen: 'It tells of the serving options, not of a mistake: switch it off once the plan is made.',
  source: `${REPORT}, sections 5.3 and 5.5; group-limited routing: DeepSeek-V3 report, section 2.1.2.`,
  example: { model: 'DeepSeek-V3', changes: {}, serving: { expertParallel: 128 }, firesUnchanged: true },
  check: (subject) => {
    const { serving, precision } = subject.context.options;
    const block = mainExperts(subject.architecture);
    const servers = serversOf(subject);
    const [target] = subject.context.targets;
    if (!block || servers === null || serving.expertParallel === null || !target) return [];
    const routing = routingOf(subject, block);
    const free = hitProbability({ ...routing, groups: 1, groupLimit: 1 }, servers);
    const hit = hitProbability(routing, servers);
    if (free === null || hit === null) return [];
    const isLimited = routing.groupLimit < routing.groups;
    const perServer = BYTES_PER_HIDDEN * subject.architecture.model.hidden;
    const perExpert = (rooflineRatio(target, precision) * BYTES_PER_ELEMENT[precision]) / 2;
    const batch = (perExpert * block.experts) / block.topK;
    const limit = isLimited
      ? ` (${(free * servers).toFixed(1)} without the limit to ${routing.groupLimit} of ${routing.groups} groups)`
      : '';
    return [
      {
        path: placeOf(subject, block.origins.experts),
        message: `Over ${servers} servers (EP ${serving.expertParallel}) a token’s ${block.topK} experts lie on ${(hit * servers).toFixed(1)} of them${limit}: ${bytes(hit * servers * perServer)} a token and layer on the network, ${percent(hit)} of the tokens at each server; on ${target.name} an expert computes at peak from ${whole(perExpert)} tokens on, a batch of ${whole(batch)} or ${whole(batch / serving.expertParallel)} a GPU.`,
      },
    ];
  },
};
