/** Says at once how each test ended: a run takes minutes, and jest's own reporter is silent until a whole file is done. */
module.exports = class ProgressReporter {
  /**
   * @param {unknown} _test
   * @param {{ status: string, fullName: string, duration?: number | null, failureMessages?: string[] }} result
   */
  onTestCaseResult(_test, { status, fullName, duration, failureMessages = [] }) {
    process.stderr.write(`lab: ${status} (${Math.round((duration ?? 0) / 1000)} s): ${fullName}\n`);
    for (const message of failureMessages) process.stderr.write(`lab:   ${message.slice(0, 500)}\n`);
  }
};
