/** The tests on two real hosts: `npm run lab:e2e`, `npm run lab:conformance`. One after the other, on one booted lab. */
module.exports = {
  rootDir: '..',
  testEnvironment: 'node',
  roots: ['<rootDir>/lab'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/lab/packaged/'], // has hosts and a configuration of its own
  maxWorkers: 1,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  globalSetup: '<rootDir>/lab/src/jest-setup.ts',
  globalTeardown: '<rootDir>/lab/src/jest-teardown.ts',
  reporters: ['default', '<rootDir>/lab/progress-reporter.js'],
  testTimeout: 240_000 * Number(process.env.VGPU_FERRY_LAB_PATIENCE ?? 1),
};
