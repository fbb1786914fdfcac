/** The environment of the package's unit, as the lab and the benches take it over. */
import { unitEnvironment } from '../../lab/src/unit-environment';

test('each setting, without what is no setting of the program', () => {
  const unit = '# Environment=A=0\nEnvironment=A=1\nEnvironmentFile=-/etc/x\nEnvironment=B_C=--flag=2\n';
  expect(unitEnvironment(unit)).toEqual({ A: '1', B_C: '--flag=2' });
});

test("the package's own is found", () => {
  expect(Object.keys(unitEnvironment())).toEqual(['NODE_OPTIONS', 'MALLOC_ARENA_MAX']);
});
