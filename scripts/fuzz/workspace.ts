import assert from 'node:assert/strict';
import { DEFAULT_SETTINGS, readWorkspaceFile, settingsWith } from '../../src/service';
import { mutatedText, mutateText } from './mutate';
import type { Random } from './random';
import { treeOf, type Tree } from './tree';

/** A workspace file with one of everything. */
const SAMPLE = treeOf({
  targets: ['H800', 'H20'],
  contexts: [8192, 32768],
  accounting: 'exact',
  precision: 'fp8',
  kvPrecision: 'bf16',
  serving: { tensorParallel: 8, expertParallel: 32, gpusPerServer: 8, tpotMs: 50, pipelineStages: 3 },
  accelerators: { H20: { usdPerHour: 1.2 } },
  rules: { 'hardware/*': 'warning', 'shape/kv-heads': 'off' },
  models: ['Step-3', 'drafts/*.json'],
  budgets: [
    { files: 'config.json', kvBytesPerToken: 1000, totalParameters: 1e12, activatedParameters: 4e10 },
    { files: ['**/*.json', '!old/**'], usdPer1M: [{ target: 'H800', context: 8192, atMost: 0.1 }] },
  ],
});

/** A workspace file as nobody should write it. */
export function workspaceText(random: Random, configText: string): string {
  const donor: Tree = random.chance(0.5) ? SAMPLE : treeOf({ text: configText.slice(0, 2000) });
  const sound = mutatedText(random, SAMPLE, donor, { indent: '  ', eol: '\n' });
  return random.chance(0.2) ? configText : random.chance(0.2) ? mutateText(random, sound, configText) : sound;
}

/** What it says is laid over the defaults without a throw. */
export function checkWorkspaceFile(random: Random, text: string): ReturnType<typeof settingsWith> {
  const file = readWorkspaceFile(text, 'file:///fuzz/decode-lens.json');
  const lines = text.split(/\r\n|\r|\n/).length;
  for (const { range, code } of file.findings)
    assert.ok(range.start.line >= 0 && range.end.line < lines, `${code} outside of the workspace file`);
  const path = random.pick(['config.json', 'a/b/config.json', '', '../x.json', null]);
  return settingsWith(file, DEFAULT_SETTINGS, path);
}
