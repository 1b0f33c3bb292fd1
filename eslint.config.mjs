import tseslint from 'typescript-eslint';

/**
 * The architecture's import edges (ARCHITECTURE.md, invariants). Each pure folder may import itself and the
 * listed ones; no pure folder may touch an editor, the protocol's transport or Node.
 */
const pure = {
  architecture: [],
  hardware: [],
  cost: ['architecture', 'hardware'],
  catalog: [],
  advice: ['architecture', 'hardware', 'cost'],
};
const core = ['architecture', 'hardware', 'cost', 'catalog', 'calibration', 'deployment', 'advice'];
/** `node` is what the shells on Node share. */
const shells = ['server', 'extension', 'cli', 'node'];
const editorAndNode = [
  'vscode',
  'vscode-*',
  'node:*',
  'fs',
  'path',
  'os',
  'child_process',
  'commander',
  'chart.js',
  '@vscode/*',
];
const outside = (folders) => folders.flatMap((f) => [`**/${f}`, `**/${f}/**`]);

const edges = (files, forbidden, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message }] }] },
});

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'node_modules/', '**/node_modules/', '.cache/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './webview/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  ...Object.entries(pure).map(([folder, allowed]) =>
    edges(
      [`src/${folder}/**/*.ts`],
      [
        ...editorAndNode,
        ...outside([...shells, 'service', 'webview']),
        ...outside(core.filter((f) => f !== folder && !allowed.includes(f))),
      ],
      `src/${folder} is pure and may import only: ${['protocol', ...allowed].join(', ')}.`,
    ),
  ),
  edges(
    ['src/service/**/*.ts'],
    // Positions in a text are the same for every editor; the library has no dependencies.
    [...editorAndNode, '!vscode-languageserver-textdocument', ...outside([...shells, 'webview'])],
    'The service imports the pure core and no shell, editor or Node module.',
  ),
  edges(['src/protocol/**/*.ts'], ['**/../*', ...editorAndNode], 'The protocol imports nothing.'),
  edges(
    ['src/{server,extension,cli,node}/**/*.ts'],
    outside([...core, 'webview']),
    'Shells import service and protocol only.',
  ),
  edges(
    ['webview/**/*.ts'],
    ['vscode', 'vscode-*', 'node:*', ...outside([...core, ...shells, 'service'])],
    'The webview imports the protocol alone.',
  ),
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
);
