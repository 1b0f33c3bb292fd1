/** The language server's life as VS Code sees it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { hasHint, hints, open, until } from './editor';

/** The server's processes: children of this extension host. Linux only, as the VS Code that runs this is. */
function serverProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = / \d+ \(.*\) \S (\d+) /.exec(` ${readFileSync(`/proc/${pid}/stat`, 'utf8')}`)?.[1];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return (
          parent === String(process.pid) && command.some((part) => /[\\/]dist[\\/]server\.js$/.test(part))
        );
      } catch {
        return false; // It has ended meanwhile.
      }
    });
}

describe('language server process', () => {
  let config: vscode.TextDocument;
  before(async () => {
    config = await open('step-3', 'config.json');
    await until('hints', () => hints(config), hasHint('KV'));
  });

  it('is started again when it is killed', async () => {
    const [killed, ...others] = serverProcesses();
    assert.ok(killed !== undefined && others.length === 0);
    process.kill(killed, 'SIGKILL');
    const [successor] = await until(
      'another process',
      serverProcesses,
      ([first]) => first !== undefined && first !== killed,
    );
    assert.notEqual(successor, killed);
    await until('hints again', () => hints(config), hasHint('KV'));
  });

  it('describes itself on the clipboard, naming no user', async () => {
    await vscode.window.showTextDocument(config);
    await until(
      'debug information with the family',
      async () => {
        await vscode.commands.executeCommand('decodeLens.copyDebugInformation');
        return vscode.env.clipboard.readText();
      },
      (text) => /Active file: json.*Step-?3/.test(text),
    );
    const text = await vscode.env.clipboard.readText();
    assert.match(text, /- Decode Lens: \d+\.\d+\.\d+/);
    assert.match(text, /- Language server: running, restarted 1 times/);
    assert.match(text, /End of the log:\n```\n.*the language server ended unexpectedly/s);
    assert.doesNotMatch(text, /\/home\/[a-z]/);
  });
});
