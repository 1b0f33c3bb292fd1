import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureNeovim } from '../../scripts/neovim';

/** A real Neovim with the set-up that docs/editors.md gives, against the built server. */
const root = path.resolve(__dirname, '../..');
const CONFIG = readFileSync(path.join(root, 'examples/qwen3-32b/config.json'), 'utf8');

interface Result {
  readonly error?: string;
  readonly diagnostics?: readonly {
    readonly line: number;
    readonly column: number;
    readonly message: string;
    readonly source: string;
  }[];
  readonly hover?: readonly string[];
  readonly offered?: readonly string[];
  readonly text?: string;
}

/** The first block of Lua after a heading. */
function documentedSetUp(heading: string): string {
  const document = readFileSync(path.join(root, 'docs/editors.md'), 'utf8');
  const block = /```lua\n([^]*?)```/.exec(document.slice(document.indexOf(heading)))?.[1];
  assert.ok(block, `docs/editors.md has no Lua after ${heading}`);
  return block;
}

describe('Neovim', function () {
  this.timeout(120_000);
  let folder = '';
  let result: Result = {};
  before(async function () {
    this.timeout(600_000);
    const neovim = await ensureNeovim();
    if (neovim === null) {
      console.log('      skipped: no `nvim` on the PATH, and it can be installed as root on Debian only');
      this.skip();
    }
    folder = mkdtempSync(path.join(tmpdir(), 'decode-lens-neovim-'));
    const file = (name: string, text: string): string => {
      writeFileSync(path.join(folder, name), text);
      return path.join(folder, name);
    };
    mkdirSync(path.join(folder, 'bin'));
    const server = file(
      'bin/decode-lens-server',
      `#!/bin/sh\nexec "${process.execPath}" "${path.join(root, 'dist/server.js')}" "$@"\n`,
    );
    chmodSync(server, 0o755);
    const out = path.join(folder, 'result.json');
    const { stderr } = spawnSync(
      neovim,
      [
        '--headless',
        ...['-u', file('init.lua', documentedSetUp('### 0.7')), '-i', 'NONE', '-n'],
        ...['-c', `luafile ${path.join(__dirname, 'drive.lua')}`],
      ],
      {
        cwd: folder,
        encoding: 'utf8',
        timeout: 100_000,
        env: {
          ...process.env,
          PATH: `${path.join(folder, 'bin')}${path.delimiter}${process.env.PATH ?? ''}`,
          HOME: folder,
          XDG_STATE_HOME: folder,
          XDG_CACHE_HOME: folder,
          DECODE_LENS_FILE: file(
            'config.json',
            CONFIG.replace('"num_key_value_heads": 8', '"num_key_value_heads": -8'),
          ),
          DECODE_LENS_RESULT: out,
        },
      },
    );
    try {
      result = JSON.parse(readFileSync(out, 'utf8')) as Result;
    } catch {
      result = { error: stderr };
    }
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('marks the wrong value', () => {
    const lines = CONFIG.split('\n');
    const line = lines.findIndex((text) => text.includes('"num_key_value_heads"'));
    const [diagnostic, ...more] = result.diagnostics ?? [];
    assert.deepEqual(more, [], result.error);
    assert.deepEqual(
      diagnostic && { line: diagnostic.line, column: diagnostic.column, source: diagnostic.source },
      { line, column: lines[line]?.indexOf('8'), source: 'decode-lens' },
      result.error,
    );
    assert.equal(diagnostic?.message, '"num_key_value_heads" must be at least 1.');
  });

  it('shows a hover after the value was mended', () => {
    const hover = result.hover?.join('\n') ?? '';
    assert.match(hover, /KV cache per token/, result.error);
    assert.match(hover, /131 kB/);
  });

  it('offers code actions and applies one', () => {
    assert.ok(
      result.offered?.some((title) => title.includes('8 → 4: KV -50%')),
      result.error,
    );
    assert.equal(
      result.text?.trimEnd(),
      CONFIG.replace('"num_key_value_heads": 8', '"num_key_value_heads": 4').trimEnd(),
    );
    assert.equal(result.error, undefined);
  });
});
