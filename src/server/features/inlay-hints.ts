import { InlayHintKind, MarkupKind } from 'vscode-languageserver';
import type { Feature } from '../core';

export const inlayHints: Feature = {
  capabilities: () => ({ inlayHintProvider: true }),
  register(core) {
    core.connection.languages.inlayHint.on(
      core.feature('inlay hints', [], ({ analyzed, service, settings }, { range }) => {
        if (!settings.inlayHints) return [];
        return service
          .inlayHints(analyzed)
          .filter(({ position: { line } }) => line >= range.start.line && line <= range.end.line)
          .map(({ position, label, tooltip }) => ({
            position,
            label,
            tooltip: core.client.markdown
              ? { kind: MarkupKind.Markdown, value: tooltip }
              : service.plainText(tooltip),
            kind: InlayHintKind.Type,
            paddingLeft: true,
          }));
      }),
    );
    core.onStale(() => {
      if (core.client.capabilities.workspace?.inlayHint?.refreshSupport === true)
        core.guard.background('inlay hint refresh', () => core.connection.languages.inlayHint.refresh());
    });
  },
};
