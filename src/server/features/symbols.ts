import { SymbolKind, type DocumentSymbol, type SymbolInformation } from 'vscode-languageserver';
import type { Feature } from '../core';

/** Keys of a config by the module that they decide: a tree, or for clients that know none a list with the module beside. */
export const symbols: Feature = {
  capabilities: () => ({ documentSymbolProvider: true }),
  register(core) {
    core.connection.onDocumentSymbol(
      core.feature<{ textDocument: { uri: string } }, DocumentSymbol[] | SymbolInformation[]>(
        'symbols',
        [],
        ({ uri, analyzed, service }) => {
          const modules = service.moduleSymbols(analyzed);
          if (!core.client.hierarchicalSymbols)
            return modules.flatMap(({ module, keys }) =>
              keys.map(({ name, range }): SymbolInformation => ({
                name,
                kind: SymbolKind.Property,
                containerName: module,
                location: { uri, range },
              })),
            );
          return modules.map(({ module, range, keys }): DocumentSymbol => ({
            name: module,
            kind: SymbolKind.Module,
            range,
            selectionRange: keys[0]?.keyRange ?? range,
            children: keys.map((key) => ({
              name: key.name,
              detail: key.detail,
              kind: SymbolKind.Property,
              range: key.range,
              selectionRange: key.keyRange,
            })),
          }));
        },
      ),
    );
  },
};
