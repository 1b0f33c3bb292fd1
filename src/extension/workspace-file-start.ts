/** Name of a folder's own settings and budgets. */
export const WORKSPACE_FILE_NAME = 'decode-lens.json';

/** What a new one says: what the folder is analysed with already, so that making it changes nothing, and room for budgets. */
export const workspaceFileStart = (targets: readonly string[], contexts: readonly number[]): string =>
  `{
  "targets": ${listOf(targets)},
  "contexts": ${listOf(contexts)},
  "budgets": []
}
`;

const listOf = (values: readonly unknown[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
