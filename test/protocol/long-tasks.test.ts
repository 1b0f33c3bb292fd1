import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import {
  CancellationToken,
  CancellationTokenSource,
  WorkDoneProgress,
  type Hover,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { CompareResult, SweepData } from '../../src/protocol';
import { AnalysisCache } from '../../src/server/analysis-cache';
import { Checkpoints } from '../../src/server/checkpoints';
import type { Core } from '../../src/server/core';
import { forEachOf } from '../../src/server/long-task';
import * as service from '../../src/service';
import { FULL_CLIENT, TestClient } from './client';
import { at, QWEN } from './texts';

describe('long tasks', () => {
  const uris = Array.from({ length: 60 }, (_, i) => `file:///long/${i}/config.json`);
  let client: TestClient;
  before(async () => {
    client = await TestClient.inBand(FULL_CLIENT);
    for (const uri of uris) await client.open(uri, QWEN);
  });
  after(async () => {
    await client.stop();
  });
  const compare = (params: object, token = CancellationToken.None) =>
    client.connection.sendRequest<CompareResult>(
      'decodeLens/compare',
      { options: { kvPrecision: 'bf16' }, ...params },
      token,
    );

  it('tell the client that asked how far they are, and when they are done', async () => {
    const kinds: string[] = [];
    const percentages: number[] = [];
    const heard = client.connection.onProgress(WorkDoneProgress.type, 'mine', (value) => {
      kinds.push(value.kind);
      if (value.kind === 'report') percentages.push(value.percentage ?? NaN);
    });
    const { models } = await compare({ workDoneToken: 'mine' });
    heard.dispose();
    assert.equal(kinds.at(-1), 'end');
    assert.equal(models.filter(({ origin }) => origin === 'document').length, uris.length);
    assert.equal(kinds[0], 'begin');
    assert.ok(percentages.length > 10);
    assert.deepEqual(
      percentages,
      [...percentages].sort((a, b) => a - b),
    );
  });

  it('let other requests through', async () => {
    const order: string[] = [];
    const [first = ''] = uris;
    await Promise.all([
      compare({ options: { kvPrecision: 'fp4' } }).then(() => order.push('compare')),
      client
        .request<Hover>('textDocument/hover', {
          textDocument: { uri: first },
          position: at(QWEN, '"hidden_size"'),
        })
        .then(() => order.push('hover')),
    ]);
    assert.deepEqual(order, ['hover', 'compare']);
  });

  it('end when they are cancelled', async () => {
    const source = new CancellationTokenSource();
    const asked = compare({ options: { kvPrecision: 'int8' } }, source.token);
    await setTimeout(1);
    source.cancel();
    await assert.rejects(asked, { code: -32800 });
  });

  it('answer for charts of many models as for few', async () => {
    const sweep = (ids: readonly string[]) =>
      client.request<SweepData>('decodeLens/view', {
        method: 'sweep',
        params: { ids, from: 1024, to: 8192 },
      });
    const [a, b] = ['catalog:Step-3', 'catalog:DeepSeek-V3'];
    const [both, one] = [await sweep([a, b]), await sweep([b])];
    assert.deepEqual(both.models[1], one.models[0]);
    await assert.rejects(
      client.request('decodeLens/view', { method: 'sweep', params: { ids: 3, from: 1, to: 2 } }),
      { code: -32803 },
    );
  });
});

describe('progress of the server’s own', () => {
  /** A client of which all that is known is whether it shows progress. */
  function core(progress: boolean) {
    const told: string[] = [];
    const reporter = {
      begin: () => told.push('begin'),
      report: () => told.push('report'),
      done: () => told.push('done'),
    };
    const window = { createWorkDoneProgress: () => Promise.resolve(reporter) };
    return { told, core: { client: { progress }, connection: { window } } as unknown as Core };
  }
  const run = ({ core: of }: ReturnType<typeof core>, ms: number) =>
    forEachOf(
      of,
      'Task',
      [1, 2, 3],
      { token: new CancellationTokenSource().token, workDoneToken: undefined },
      (n) => setTimeout(ms, n),
    );

  it('is shown for what takes long', async () => {
    const long = core(true);
    assert.deepEqual(await run(long, 300), [1, 2, 3]);
    assert.deepEqual(long.told, ['begin', 'report', 'done']);
  });
  it('is not shown for what does not, nor to clients that can’t', async () => {
    const [short, unable] = [core(true), core(false)];
    await Promise.all([run(short, 1), run(unable, 300)]);
    assert.deepEqual([short.told, unable.told], [[], []]);
  });
});

describe('analyses by version', () => {
  const document = TextDocument.create('file:///a/config.json', 'json', 1, QWEN);
  const settings = service.DEFAULT_SETTINGS;
  const counting = () => {
    const analyses: service.ServiceSettings[] = [];
    const counted = {
      ...service,
      analyzeConfig: (...[input, given]: Parameters<typeof service.analyzeConfig>) => {
        analyses.push(given);
        return service.analyzeConfig(input, given);
      },
    };
    return { analyses, counted, cache: new AnalysisCache(new Checkpoints()) };
  };

  it('are made once where a panel chooses what the settings say', () => {
    const { analyses, counted, cache } = counting();
    const own = cache.analyze(document, settings, counted);
    assert.equal(cache.underChoices(document, settings, service.readSettings({}).settings, counted), own);
    assert.equal(analyses.length, 1);
  });
  it('keep each config’s own rules under other choices, and are kept too', () => {
    const { analyses, counted, cache } = counting();
    const own = { ...settings, rules: { 'codesign/*': 'off' } as const };
    const choices = service.readSettings({ kvPrecision: 'bf16' }).settings;
    const chosen = cache.underChoices(document, own, choices, counted);
    assert.equal(chosen?.analysis.options.kvPrecision, 'bf16');
    assert.equal(chosen.analysis.findings.filter(({ code }) => code.startsWith('codesign/')).length, 0);
    assert.equal(cache.underChoices(document, own, choices, counted), chosen);
    assert.equal(analyses.length, 1);
  });
  it('know of a text that it is none', () => {
    const { analyses, counted, cache } = counting();
    const other = TextDocument.create('file:///a/package.json', 'json', 1, '{"name": "x"}');
    for (let i = 0; i < 3; i++) assert.equal(cache.analyze(other, settings, counted), null);
    assert.equal(analyses.length, 1);
  });
});
