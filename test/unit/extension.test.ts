import assert from 'node:assert/strict';
import fc from 'fast-check';
import { debugText, withoutUserNames } from '../../src/extension/debug-text';
import { RestartBudget } from '../../src/extension/restart-budget';
import { WORKSPACE_FILE_NAME, workspaceFileStart } from '../../src/extension/workspace-file-start';
import {
  DEFAULT_SETTINGS,
  readWorkspaceFile,
  settingsWith,
  WORKSPACE_FILE_NAME as READ,
} from '../../src/service';

describe('restarts of the language server', () => {
  const MINUTE = 60_000;

  it('ends at the fifth crash within three minutes', () => {
    const budget = new RestartBudget();
    const answers = [0, 1, 2, 3, 4].map((i) => budget.allows(i * 1000));
    assert.deepEqual(answers, [true, true, true, true, false]);
  });

  it('goes on for ever where crashes are rare', () => {
    const budget = new RestartBudget();
    for (let i = 0; i < 100; i++) assert.equal(budget.allows(i * MINUTE), true);
  });

  it('begins anew when the user restarts', () => {
    const budget = new RestartBudget();
    for (let i = 0; i < 5; i++) budget.allows(i);
    budget.reset();
    assert.equal(budget.allows(6), true);
  });
});

describe('debug information', () => {
  it('names no user', () => {
    for (const [text, home] of [
      ['read /home/jane/models/config.json', '/home/jane'],
      ['read file:///home/jane/models/config.json', '/root'],
      ['read /Users/jane/x', '/home/other'],
      ['read C:\\Users\\jane\\x', 'D:\\home'],
      ['read C:\\Users\\jane doe\\x and file:///C:/Users/jane%20doe/x', 'C:\\Users\\jane doe'],
      ['"/home/jane"', '/srv'],
    ] as const) {
      const cleaned = withoutUserNames(text, home);
      assert.doesNotMatch(cleaned, /jane|doe/);
    }
    assert.equal(withoutUserNames('read /home/jane/a.json', '/home/jane'), 'read ~/a.json');
    assert.equal(withoutUserNames('/', '/'), '/');
  });

  it('names no user, whoever it is', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{5,20}$/);
    fc.assert(
      fc.property(
        name,
        fc.constantFrom('/home/', '/Users/', 'C:\\Users\\', 'file:///home/'),
        (user, root) => {
          assert.ok(!withoutUserNames(`at (${root}${user}/x/y.js:1:2)`, '/srv').includes(user));
        },
      ),
    );
  });

  it('keeps the end of the log, inside a fence that the log can’t close', () => {
    const log = `${Array.from({ length: 100 }, (_, i) => `line ${i}`).join('\n')}\n\`\`\`\nlast\n`;
    const text = debugText({ facts: [['Decode Lens', '1.2.3']], settings: { a: 1 }, log }, '/root');
    assert.match(text, /^- Decode Lens: 1\.2\.3$/m);
    assert.match(text, /^````\nline 62\n/m);
    assert.match(text, /\nlast\n````\n$/);
    assert.match(debugText({ facts: [], settings: {}, log: null }, '/root'), /not readable/);
  });
});

describe('a new workspace file', () => {
  it('is found, and changes nothing', () => {
    assert.equal(WORKSPACE_FILE_NAME, READ);
    const { targets, contexts } = DEFAULT_SETTINGS.options;
    const file = readWorkspaceFile(workspaceFileStart(targets, contexts), WORKSPACE_FILE_NAME);
    assert.deepEqual(file.findings, []);
    assert.deepEqual(settingsWith(file, DEFAULT_SETTINGS, 'a/config.json'), DEFAULT_SETTINGS);
  });
});
