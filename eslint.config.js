/** Lint, and the rule of imports: each folder may reach only what design says (main/README.md draws it). */
import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';

/** Files of `from` may not import what lies at `paths` (patterns of the import's text). */
function forbid(files, group, message) {
  return { files, rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] } };
}

const domains = [
  'streams',
  'events',
  'produce',
  'connectors',
  'endpoints',
  'jobs',
  'lessons',
  'samples',
  'readers',
  'lab',
  'workspace',
  'cluster',
  'eventTimes',
  'processors',
  'replay',
  'badEvents',
];
const noElectron = ['electron', 'electron/*'];
const upward = (names) => names.flatMap((name) => [`../${name}/**`, `../../${name}/**`, `../../../${name}/**`]);
const engineAndHosts = [...upward(['web', 'desktop', 'cli']), '**/engine.ts', '**/engineProcess.ts', '**/start.ts'];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', 'test-results', 'release'] },
  ...tseslint.configs.strict,
  ...svelte.configs['flat/recommended'],
  {
    languageOptions: { parserOptions: { extraFileExtensions: ['.svelte'] } },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: { 'prefer-const': 'off', 'svelte/prefer-const': ['error', { excludedRunes: ['$props', '$derived'] }] },
  },
  forbid(
    ['main/api/**'],
    [...upward([...domains, 'rpc', 'log', 'processes']), ...engineAndHosts, 'node:*', ...noElectron],
    'The contract imports nothing but itself and its schema library.',
  ),
  forbid(['main/rpc/**'], [...upward([...domains, 'log', 'processes']), ...engineAndHosts, ...noElectron], 'rpc knows the contract alone.'),
  forbid(
    ['main/log/**'],
    [...upward([...domains, 'rpc', 'processes']), ...engineAndHosts, ...noElectron],
    'The log stands below all domains.',
  ),
  forbid(['main/processes/**'], [...upward([...domains, 'log']), ...engineAndHosts, ...noElectron], 'Processes know no domain.'),
  forbid(
    domains.map((name) => `main/${name}/**`),
    [...engineAndHosts, ...noElectron],
    'Domains do not know the engine or its hosts.',
  ),
  forbid(['main/web/**', 'main/cli/**', 'main/*.ts'], noElectron, 'Only main/index.ts and main/desktop import electron.'),
  { files: ['main/index.ts'], rules: { 'no-restricted-imports': 'off' } },
  forbid(
    ['renderer/**'],
    [
      ...noElectron,
      'node:*',
      ...['log', 'processes', 'web', 'desktop', 'cli', 'engine.ts', ...domains].map((name) => `**/main/${name}/**`),
      '**/main/engine.ts',
    ],
    'The page imports from main/api and main/rpc only.',
  ),
  { files: ['tests/**'], rules: { '@typescript-eslint/no-empty-function': 'off' } },
);
