/** `npm run lab:packaged`: hosts that boot systemd, with the Debian package installed as docs/ say. */
module.exports = {
  ...require('../jest.config.js'),
  rootDir: '../..',
  roots: ['<rootDir>/lab/packaged'],
  testPathIgnorePatterns: [],
  globalSetup: '<rootDir>/lab/packaged/jest-setup.ts',
  globalTeardown: '<rootDir>/lab/packaged/jest-teardown.ts',
};
