import { scoped } from '../../../src/hypervisor/libvirt/scope';

describe('scoped', () => {
  test('frees what it owns, the latest first, and gives the result', () => {
    const freed: string[] = [];
    const result = scoped((scope) => {
      scope.own('domain', (name) => freed.push(name));
      scope.own('list', (name) => freed.push(name));
      expect(freed).toEqual([]);
      return 7;
    });
    expect([result, freed]).toEqual([7, ['list', 'domain']]);
  });

  test('frees it on an error too, and passes the error', () => {
    const freed: string[] = [];
    const failing = () =>
      scoped((scope) => {
        scope.own('domain', (name) => freed.push(name));
        throw new Error('refused');
      });
    expect(failing).toThrow('refused');
    expect(freed).toEqual(['domain']);
  });
});
