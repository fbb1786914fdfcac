/** `npm run lab:packaged`: hosts that boot systemd, with the Debian package installed as docs/ say. */
module.exports = {
  ...require('../jest.config.js'),
  rootDir: '../..',
  roots: ['<rootDir>/lab/packaged'],
  testPathIgnorePatterns: [],
  globalSetup: undefined, // its hosts are another lab's
  globalTeardown: undefined,
};
