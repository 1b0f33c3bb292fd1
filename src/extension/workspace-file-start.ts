/** Name of a folder's own settings and budgets. */
export const WORKSPACE_FILE_NAME = 'decode-lens.json';

/** What a new one holds: the questions that a team answers first, at their defaults. */
export const WORKSPACE_FILE_START = `{
  "targets": ["H800", "H20", "H100", "H200"],
  "contexts": [8192, 32768],
  "serving": { "gpusPerServer": 8, "tpotMs": 50 },
  "budgets": []
}
`;
