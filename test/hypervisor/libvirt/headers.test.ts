/** The bound declarations and the constants against libvirt's own headers, where they are installed (libvirt-dev). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

import * as constants from '../../../src/hypervisor/libvirt/constants';
import {
  LIBVIRT_DECLARATIONS,
  LIBVIRT_QEMU_DECLARATIONS,
  LIFECYCLE_CALLBACK,
  VIR_ERROR_MEMBERS,
} from '../../../src/hypervisor/libvirt/declarations';

const FOLDER = '/usr/include/libvirt';
const describeWithHeaders = existsSync(FOLDER)
  ? describe
  : (name: string, body: () => void) =>
      describe.skip(`${name} (skipped: libvirt's headers, package libvirt-dev, are not installed)`, body);

/** Newer than the oldest headers that the project is built with. */
const NEWER: ReadonlySet<string> = new Set(['VIR_DOMAIN_JOB_VFIO_DATA_TRANSFERRED']);

function headers(): string {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.h'));
  const text = files.map((file) => readFileSync(`${FOLDER}/${file}`, 'utf8')).join('\n');
  return text.replace(/\/\*[\s\S]*?\*\//g, ' ');
}

/** Without the marks, and with the spaces of neither side. */
function plain(declaration: string): string {
  return declaration
    .replace(/_(Out|Inout)_ /g, '')
    .replace('OwnedString', 'char *')
    .replace(/\s+/g, '');
}

/** `1 << 3`, `1U << 31`, `(36+1)`, `55`: what the headers write for a number. */
function valueOf(expression: string): number {
  const [left, right] = expression.replace(/[()U ]/g, '').split('<<');
  const sum = (left ?? '').split('+').reduce((total, part) => total + Number(part), 0);
  return right === undefined ? sum : (sum << Number(right)) >>> 0;
}

describeWithHeaders("libvirt's headers", () => {
  const text = existsSync(FOLDER) ? headers() : '';

  const bound = { ...LIBVIRT_DECLARATIONS, ...LIBVIRT_QEMU_DECLARATIONS };

  test.each(Object.entries(bound))('declare %s as it is bound', (name, declaration) => {
    const declared = new RegExp(`[^;}#]*\\b${name}\\s*\\([^;]*;`).exec(text)?.[0] ?? '';
    // What stands before a header's first declaration, or between two: lines of the preprocessor.
    const own = declared.replace(/.*\n\s*\n/gs, '');
    expect(plain(own)).toBe(`${plain(declaration)};`);
  });

  test('declare the lifecycle callback as it is made', () => {
    const declared = /typedef (int \(\*virConnectDomainEventCallback\)\([^;]*;)/.exec(text)?.[1] ?? '';
    expect(plain(declared.replace('(*virConnectDomainEventCallback)', 'virConnectDomainEventCallback'))).toBe(
      `${plain(LIFECYCLE_CALLBACK)};`,
    );
  });

  test('begin an error as it is read', () => {
    const body = /struct _virError \{([^}]*)\}/.exec(text)?.[1] ?? '';
    const members = Object.entries(VIR_ERROR_MEMBERS).map(([name, type]) => `${type}${name};`);
    expect(plain(body).startsWith(plain(members.join('')))).toBe(true);
  });

  test.each(Object.entries(constants).filter(([name]) => !NEWER.has(name)))(
    'define %s as %p',
    (name, value) => {
      const found = new RegExp(`\\b${name}\\b(?:\\s*=\\s*([^,}]+)|[ \\t]+(\\S.*))`).exec(text);
      const expression = (found?.[1] ?? found?.[2] ?? '').trim();
      expect(typeof value === 'string' ? expression : valueOf(expression)).toBe(
        typeof value === 'string' ? `"${value}"` : value,
      );
    },
  );
});
