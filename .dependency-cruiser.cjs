/** The layer table of ARCHITECTURE.md. An arrow that is not allowed here does not exist. */
const layer = (name, from, allowed, extra = {}) => ({
  name,
  severity: 'error',
  from: { path: from, ...extra.from },
  to: { path: '^src/', pathNot: allowed },
})

module.exports = {
  forbidden: [
    layer('contract-imports-nothing', '^src/contract/', '^src/contract/'),
    layer('data-imports-contract', '^src/data/', '^src/(data|contract)/'),
    layer('nn-imports-contract', '^src/nn/', '^src/(nn|contract)/'),
    layer('recipes-import-nn', '^src/recipes/', '^src/(recipes|nn|contract)/'),
    layer('engines-import-nothing-of-ours', '^src/engines/', '^src/engines/'),
    layer('trainer-imports-what-trains', '^src/trainer/', '^src/(trainer|recipes|nn|engines|data|contract)/'),
    layer('main-imports-contract', '^src/main/', '^src/(main|data|contract)/'),
    layer('preload-imports-contract', '^src/preload/', '^src/(preload|contract)/'),
    layer('renderer-imports-contract', '^src/renderer/', '^src/(renderer|contract)/'),
    {
      name: 'contract-packages',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/(zod|@orpc/contract)/' },
    },
    {
      name: 'nn-has-no-node',
      severity: 'error',
      from: { path: '^src/(nn|recipes|data)/', pathNot: '^src/recipes/catalogue\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/(zod|@tensorflow/tfjs-core)/' },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'electron-only-in-its-host',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main/hosts/electron|preload)/' },
      to: { path: 'node_modules/electron/' },
    },
    {
      name: 'sql-only-in-store',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main/store/' },
      to: { path: 'node_modules/(better-sqlite3|drizzle-orm)/' },
    },
    {
      name: 'ops-is-the-only-door-to-tfjs-ops',
      comment:
        'Types may come from tfjs-core anywhere; values only through ops.ts, so that every op is safe for second derivatives and recordable.',
      severity: 'error',
      from: { path: '^src/(nn|recipes|trainer)/', pathNot: '^src/nn/(ops|record|shapes)\\.ts$' },
      to: { path: 'node_modules/@tensorflow/tfjs-core/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
}
