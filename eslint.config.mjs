import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Who may import whom, by the `type:` tag of each project (docs/architecture.md). */
const boundaries = {
  app: ['service', 'kit'],
  launcher: ['service', 'kit', 'client', 'contract', 'testing'],
  e2e: ['*'],
  service: ['kit', 'client', 'contract'],
  testing: ['kit', 'client', 'contract'],
  ui: ['contract'],
  kit: ['kit', 'contract'],
  client: ['contract'],
  contract: ['contract'],
};

const processOwners = [
  'apps/**',
  'libs/service-kit/**',
  'tools/**',
  '**/*.test.ts',
  '**/testing/**',
  '**/*.bench.ts',
];

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      '.nx/**',
      'data/**',
      '.cache/**',
      'coverage/**',
      '**/dist/**',
      '**/*.mjs',
      '**/*.cjs',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['**/*.ts'],
    // One program for the whole repository: one per project takes gigabytes.
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          // Libraries are loaded late to save memory, not to split bundles: importing them elsewhere is fine.
          checkDynamicDependenciesExceptions: ['.*'],
          depConstraints: Object.entries(boundaries).map(([type, targets]) => ({
            sourceTag: `type:${type}`,
            onlyDependOnLibsWithTags: targets.map((target) => (target === '*' ? '*' : `type:${target}`)),
          })),
        },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Async by contract: an implementation of an interface need not await.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration[source.value=/^(?!\\.).*\\u002Fsrc\\u002F/]',
          message: 'import what the package lists in its index',
        },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['libs/services/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['@nats-io/*'], message: 'services meet on libs/bus' },
            { group: ['pino', 'prom-client'], message: 'log and metrics come with the service context' },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    ignores: processOwners,
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'settings come with the service context' },
        { object: 'process', property: 'exit', message: 'throw, or answer an exit code' },
      ],
    },
  },
  {
    files: ['**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(only|skip|todo|failing)$/]',
          message: 'a test that does not run is no test',
        },
      ],
      // expect(mock.method) and JSON answers of unknown shape are what tests are made of.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // A test that needs a peer (a Docker engine, a nats-server) may skip itself where none can be had: it counts as skipped.
    files: ['**/*.int.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[object.name=/^(it|test)$/][property.name=/^(only|skip|todo|failing)$/]',
          message: 'a test that does not run is no test',
        },
        {
          selector: 'MemberExpression[object.name="describe"][property.name=/^(only|todo|failing)$/]',
          message: 'a test that does not run is no test',
        },
      ],
    },
  },
  prettier,
);
