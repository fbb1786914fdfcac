/** After the tests: everything that the setup started is ended. */
export default async function tearDown(): Promise<void> {
  await globalThis.packagedLab?.end();
}
