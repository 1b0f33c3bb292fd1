import * as vscode from 'vscode';
import type { IdentifyResult } from '../protocol';
import type { ActiveConfig } from './active-config';
import type { LanguageClientController } from './client';

const SELECTOR: vscode.DocumentSelector = [{ language: 'json' }, { language: 'jsonc' }];

/** The entry in the language status (`{}` in the status bar) while a model config is in the active editor. */
export function registerStatus(client: LanguageClientController, active: ActiveConfig): vscode.Disposable {
  let item: vscode.LanguageStatusItem | null = null;
  const update = (): void => {
    const shown = statusOf(client, active);
    if (!shown) {
      item?.dispose();
      item = null;
      return;
    }
    if (!item) {
      item = vscode.languages.createLanguageStatusItem('decodeLens.config', SELECTOR);
      item.name = 'Decode Lens';
    }
    Object.assign(item, shown);
  };
  update();
  return vscode.Disposable.from(client.onStateChanged(update), active.onChanged(update), {
    dispose: () => item?.dispose(),
  });
}

type Status = Pick<vscode.LanguageStatusItem, 'text' | 'detail' | 'severity' | 'busy' | 'command'>;

function statusOf(client: LanguageClientController, { document, identified }: ActiveConfig): Status | null {
  if (!document) return null;
  const { Error, Information } = vscode.LanguageStatusSeverity;
  if (client.state === 'failed')
    return {
      text: 'Decode Lens: language server stopped',
      detail: 'no diagnostics, hints or hovers',
      severity: Error,
      busy: false,
      command: { title: 'Restart', command: 'decodeLens.restartServer' },
    };
  if (client.state !== 'running')
    return {
      text: 'Decode Lens',
      detail: 'starting the language server',
      severity: Information,
      busy: true,
      command: { title: 'Show Log', command: 'decodeLens.showLog' },
    };
  return identified && configStatus(identified, client.crashes);
}

function configStatus({ family, options }: IdentifyResult, crashes: number): Status {
  const [first, ...others] = options?.targets ?? [];
  const targets =
    first === undefined ? '' : others.length === 0 ? first : `${first} and ${others.length} more`;
  return {
    text: family ?? 'Model config of no known family',
    detail: [
      targets,
      ...(options ? [`${options.accounting} accounting`] : []),
      ...(crashes > 0 ? ['language server restarted'] : []),
    ].join(', '),
    severity: vscode.LanguageStatusSeverity.Information,
    busy: false,
    command: {
      title: 'Compare Models',
      command: 'decodeLens.compareModels',
    },
  };
}
