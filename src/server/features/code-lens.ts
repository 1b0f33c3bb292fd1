import { CodeLensRefreshRequest, type CodeLens, type Command } from 'vscode-languageserver';
import { COMMITTED_NOTIFICATION, COMPARE_MODELS_COMMAND, type CommittedParams } from '../../protocol';
import type { AnalyzedConfig, ServiceSettings } from '../../service';
import { nameOf } from '../analysis-cache';
import type { ConfigVersion, Feature } from '../core';

const TOP = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** Only at the top of a file: the config in a line, and what changed since it was committed. */
export const codeLens: Feature = {
  capabilities: () => ({ codeLensProvider: {} }),
  register(core) {
    const { connection } = core;
    /** What clients said that documents are compared with. */
    const committed = new Map<string, Committed>();
    const refresh = () => {
      if (core.client.capabilities.workspace?.codeLens?.refreshSupport === true)
        core.guard.background('code lens refresh', () => connection.sendRequest(CodeLensRefreshRequest.type));
    };
    connection.onNotification(COMMITTED_NOTIFICATION, ({ uri, text }: CommittedParams) => {
      if (text === null) committed.delete(uri);
      else committed.set(uri, new Committed(uri, text));
      refresh();
    });
    core.onStale(refresh);
    core.onClosed((uri) => committed.delete(uri));
    connection.onCodeLens(
      core.feature('code lens', [], (config) => {
        const headlines = config.settings.codeLens ? config.service.headlines(config.analyzed) : null;
        if (!headlines) return [];
        const { kv, parameters, cost } = headlines;
        const since = committed.get(config.uri)?.changes(config) ?? null;
        return [[kv, parameters, cost].filter((part) => part !== null).join(' | '), since].flatMap(
          (title): CodeLens[] =>
            title === null ? [] : [{ range: TOP, command: command(title, config, core.client.commands) }],
        );
      }),
    );
  },
};

/** A lens must have a command; an empty one is shown as text. */
const command = (title: string, { uri }: ConfigVersion, hasCommands: boolean): Command =>
  hasCommands ? { title, command: COMPARE_MODELS_COMMAND, arguments: [uri] } : { title, command: '' };

/** A committed text, analysed once for as long as settings stay. */
class Committed {
  private settings: ServiceSettings | null = null;
  private analyzed: AnalyzedConfig | null = null;

  constructor(
    private readonly uri: string,
    private readonly text: string,
  ) {}

  /** How the config stands against it; null where nothing that counts has changed. */
  changes({ analyzed, service }: ConfigVersion): string | null {
    const { settings } = analyzed;
    if (this.settings !== settings) {
      this.settings = settings;
      const input = { text: this.text, file: this.uri, name: nameOf(this.uri) };
      this.analyzed = service.analyzeConfig(input, settings);
    }
    const headline =
      this.analyzed && service.versionHeadline(service.compareVersions(this.analyzed, analyzed));
    return headline === null ? null : `Since the last commit: ${headline}`;
  }
}
